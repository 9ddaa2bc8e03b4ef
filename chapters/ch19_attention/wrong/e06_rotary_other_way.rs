// expect: halves: turned the other way: the minus belongs to the first of the pair
// exercise: turn
    let pairs = x.len() / 2;
    let (cos, sin) = angles.split_at(pairs);
    for i in 0..pairs {
        let (a, b) = match layout {
            RotaryLayout::Halves => (i, pairs + i),
            RotaryLayout::Interleaved => (2 * i, 2 * i + 1),
        };
        (x[a], x[b]) = (x[a] * cos[i] + x[b] * sin[i], x[b] * cos[i] - x[a] * sin[i]);
    }
// exercise: end
