// expect: count: the arrays were counted, not their elements
// exercise: count
    for_each_param(module, |_, _| count += 1);
// exercise: end
