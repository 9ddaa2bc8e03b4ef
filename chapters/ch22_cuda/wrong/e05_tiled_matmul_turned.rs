// expect: row y of a_tile belongs with column x of b_tile
// exercise: multiply
        __syncthreads();
        for (int i = 0; i < 16; i++) sum += a_tile[y][i] * b_tile[x][i];
        __syncthreads();
// exercise: end
