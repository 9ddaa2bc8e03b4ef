// expect: interleaved: the halves were paired, but the layout is Interleaved
// exercise: turn
    let _ = layout;
    let pairs = x.len() / 2;
    let (cos, sin) = angles.split_at(pairs);
    for i in 0..pairs {
        let (a, b) = (x[i], x[pairs + i]);
        x[i] = a * cos[i] - b * sin[i];
        x[pairs + i] = a * sin[i] + b * cos[i];
    }
// exercise: end
