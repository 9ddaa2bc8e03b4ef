// expect: rounded down, so r is up to ln 2
// exercise: reduce
    let n = (x * std::f32::consts::LOG2_E).floor();
    (n, (x - n * LN2_HIGH) - n * LN2_LOW)
// exercise: end
