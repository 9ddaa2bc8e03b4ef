// expect: a barrier is missing: a thread reads a sum before
// exercise: tree
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (t < half) sums[t] += sums[t + half];
    }
// exercise: end
