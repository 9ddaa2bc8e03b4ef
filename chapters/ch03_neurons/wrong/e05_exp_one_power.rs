// expect: 2^128 is no float, multiply by two powers of two
// exercise: exp
    let (n, r) = reduce(clamp(x, -87.0, 89.0));
    (1.0 + exp_m1_short(r)) * power_of_two(integer(n))
// exercise: end
