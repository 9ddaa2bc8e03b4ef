// expect: softmax: the sum runs over all rows, instead of along the axis
// exercise: softmax
    y * (grad - (grad * y).sum(.., false))
// exercise: end
