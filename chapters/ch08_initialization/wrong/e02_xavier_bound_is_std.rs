// expect: bound: the bound is the standard deviation: even numbers up to b have only b / sqrt(3)
// exercise: bound
    uniform(weight, -std, std, rng);
// exercise: end
