// expect: layer norm divides by columns
// exercise: statistics
    float sum = 0.0f, squares = 0.0f;
    for (int i = lane; i < columns; i += 32) sum += x[row * columns + i];
    float mean = row_total(sum) / columns;
    for (int i = lane; i < columns; i += 32) {
        float distance = x[row * columns + i] - mean;
        squares += distance * distance;
    }
    float scale = rsqrtf(row_total(squares) / (columns - 1) + eps);
// exercise: end
