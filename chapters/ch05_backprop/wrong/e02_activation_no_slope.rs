// expect: backward: the slope f'(x) is missing
// exercise: backward
        grad
// exercise: end
