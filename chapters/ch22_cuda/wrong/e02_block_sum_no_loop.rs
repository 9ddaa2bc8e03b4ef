// expect: only the first element of every thread is added
// exercise: share
    int i = blockIdx.x * blockDim.x + t;
    if (i < n) sum += x[i];
// exercise: end
