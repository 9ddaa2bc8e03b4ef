// expect: a barrier is missing between writing the tile and reading it
// exercise: write
    for (int i = ty; i < 32; i += 8) {
        if (column0 + i < columns && row0 + tx < rows) y[(column0 + i) * rows + row0 + tx] = tile[tx][i];
    }
// exercise: end
