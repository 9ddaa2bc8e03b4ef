// expect: shifted by (1, -1): what leaves on one side must not come back on the other
// exercise: crop_flip
    for y in 0..height {
        for x in 0..width {
            let seen = if view.flip { width - 1 - x } else { x };
            let row = (y as isize + view.top).rem_euclid(height as isize) as usize;
            let column = (seen as isize + view.left).rem_euclid(width as isize) as usize;
            out[y * width + x] = table[usize::from(plane[row * width + column])];
        }
    }
// exercise: end
