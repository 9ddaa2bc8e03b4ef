// expect: the first of each pair was overwritten before the second was computed
// exercise: turn
    let pairs = x.len() / 2;
    let (cos, sin) = angles.split_at(pairs);
    for i in 0..pairs {
        let (a, b) = match layout {
            RotaryLayout::Halves => (i, pairs + i),
            RotaryLayout::Interleaved => (2 * i, 2 * i + 1),
        };
        x[a] = x[a] * cos[i] - x[b] * sin[i];
        x[b] = x[a] * sin[i] + x[b] * cos[i];
    }
// exercise: end
