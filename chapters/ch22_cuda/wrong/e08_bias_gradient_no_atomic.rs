// expect: only atomicAdd loses nothing
// exercise: add
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        for (int line = 1; line < 8; line++) sum += sums[line][threadIdx.x];
        dbias[column] += sum;
    }
// exercise: end
