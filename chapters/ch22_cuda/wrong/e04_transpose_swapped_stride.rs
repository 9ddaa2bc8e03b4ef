// expect: swapped stride
// exercise: write
    __syncthreads();
    for (int i = ty; i < 32; i += 8) {
        int to = (column0 + i) * columns + row0 + tx;
        if (column0 + i < columns && row0 + tx < rows && to < rows * columns) y[to] = tile[tx][i];
    }
// exercise: end
