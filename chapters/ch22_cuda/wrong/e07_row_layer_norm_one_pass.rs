// expect: subtract the mean
// exercise: statistics
    float sum = 0.0f, squares = 0.0f;
    for (int i = lane; i < columns; i += 32) {
        float v = x[row * columns + i];
        sum += v;
        squares += v * v;
    }
    float mean = row_total(sum) / columns;
    float scale = rsqrtf(fmaxf(row_total(squares) / columns - mean * mean, 0.0f) + eps);
// exercise: end
