// expect: neighbouring threads must read and write
// exercise: write
    __syncthreads();
    for (int i = ty; i < 32; i += 8) {
        if (column0 + tx < columns && row0 + i < rows) y[(column0 + tx) * rows + row0 + i] = tile[i][tx];
    }
// exercise: end
