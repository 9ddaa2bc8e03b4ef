// expect: weight and bias have one element a column
// exercise: write
        y[at] = (x[at] - mean) * scale * weight[at] + bias[at];
// exercise: end
