// expect: the index lacks blockIdx.x * blockDim.x
// exercise: kernel
    int i = threadIdx.x;
    if (i < n) y[i] = a[i] + b[i];
// exercise: end
