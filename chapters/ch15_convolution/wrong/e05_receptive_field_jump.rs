// expect: a step of a later window was counted as one pixel: it is `jump` pixels long
// exercise: behind
            size[axis] += (kernel[axis] - 1) * dilation[axis];
            start[axis] -= (padding[axis] * jump[axis]) as isize;
            jump[axis] *= stride[axis];
// exercise: end
