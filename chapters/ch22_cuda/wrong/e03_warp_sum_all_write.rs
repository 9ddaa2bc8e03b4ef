// expect: all lanes write the same element
// exercise: write
    y[row] = sum;
// exercise: end
