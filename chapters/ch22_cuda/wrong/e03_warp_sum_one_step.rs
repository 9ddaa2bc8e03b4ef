// expect: only 32 elements of a row are added
// exercise: share
    if (lane < columns) sum = x[row * columns + lane];
// exercise: end
