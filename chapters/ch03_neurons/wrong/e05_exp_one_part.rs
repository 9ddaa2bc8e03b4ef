// expect: subtract it in two parts
// exercise: reduce
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    (n, x - n * std::f32::consts::LN_2)
// exercise: end
