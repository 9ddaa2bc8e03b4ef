// expect: gradient of the input: added to what was in the memory before: clear it first
// exercise: backward
    for (number, (&g, &place)) in grad.iter().zip(places).enumerate() {
        let (i, j) = (number / width, number % width);
        let (u, v) = (place as usize / kernel_width, place as usize % kernel_width);
        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
            dx[row * window.input[1] + col] += g;
        }
    }
// exercise: end
