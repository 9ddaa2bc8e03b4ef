// expect: the tree ends a step too early
// exercise: tree
    __syncthreads();
    for (int half = 128; half > 1; half /= 2) {
        if (t < half) sums[t] += sums[t + half];
        __syncthreads();
    }
// exercise: end
