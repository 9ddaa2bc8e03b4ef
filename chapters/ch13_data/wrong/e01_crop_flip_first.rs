// expect: shifted by (0, 1) and mirrored: the image was mirrored and then shifted: the window is mirrored last
// exercise: crop_flip
    for y in 0..height {
        for x in 0..width {
            let (row, column) = (y as isize + view.top, x as isize + view.left);
            let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
            let column = if view.flip { width as isize - 1 - column } else { column };
            let pixel = if inside { plane[row as usize * width + column as usize] } else { 0 };
            out[y * width + x] = table[usize::from(pixel)];
        }
    }
// exercise: end
