// expect: backward: the gradient went through unchanged
// exercise: backward
        drop(mask);
        grad
// exercise: end
