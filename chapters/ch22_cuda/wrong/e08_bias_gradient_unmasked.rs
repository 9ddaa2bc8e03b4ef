// expect: the bias receives only what passes the ReLU
// exercise: element
        dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
        sum += dy[i];
// exercise: end
