// expect: backward: the mask is right, but the factor of the forward pass is missing
// exercise: backward
        mask.apply("Dropout::backward", grad, T::ONE)
// exercise: end
