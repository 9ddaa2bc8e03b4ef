// expect: the stride was counted too early: it makes the next window's steps longer
// exercise: behind
            jump[axis] *= stride[axis];
            size[axis] += (kernel[axis] - 1) * dilation[axis] * jump[axis];
            start[axis] -= (padding[axis] * jump[axis]) as isize;
// exercise: end
