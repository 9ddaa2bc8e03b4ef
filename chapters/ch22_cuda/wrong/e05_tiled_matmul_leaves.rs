// expect: threads beyond the edge of c load and wait too
// exercise: load
        if (row >= m || column >= n) return;
        a_tile[y][x] = start + x < k ? a[row * k + start + x] : 0.0f;
        b_tile[y][x] = start + y < k ? b[(start + y) * n + column] : 0.0f;
// exercise: end
