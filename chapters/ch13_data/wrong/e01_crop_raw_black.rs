// expect: shifted by (1, -1): black goes through the table too: a pixel of value 0 is table[0]
// exercise: crop_flip
    for y in 0..height {
        for x in 0..width {
            let seen = if view.flip { width - 1 - x } else { x };
            let (row, column) = (y as isize + view.top, seen as isize + view.left);
            let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
            out[y * width + x] =
                if inside { table[usize::from(plane[row as usize * width + column as usize])] } else { 0.0 };
        }
    }
// exercise: end
