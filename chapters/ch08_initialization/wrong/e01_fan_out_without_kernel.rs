// expect: an input takes part in outputs at every place of the kernel too
// exercise: fans
    (shape[1..].iter().product(), shape[0])
// exercise: end
