// expect: Linear: fan-in and fan-out are swapped: a weight is [out, in, ..]
// exercise: fans
    let places: usize = shape[2..].iter().product();
    (shape[0] * places, shape[1] * places)
// exercise: end
