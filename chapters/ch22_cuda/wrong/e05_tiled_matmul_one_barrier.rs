// expect: a barrier is missing: the tiles must be complete
// exercise: multiply
        __syncthreads();
        for (int i = 0; i < 16; i++) sum += a_tile[y][i] * b_tile[i][x];
// exercise: end
