// expect: stands where only some of the threads come
// exercise: tree
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (t < half) {
            sums[t] += sums[t + half];
            __syncthreads();
        }
    }
// exercise: end
