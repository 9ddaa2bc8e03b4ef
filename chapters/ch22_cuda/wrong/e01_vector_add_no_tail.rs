// expect: the tail: threads of the last block run over the end of the buffers
// exercise: kernel
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = a[i] + b[i];
// exercise: end
