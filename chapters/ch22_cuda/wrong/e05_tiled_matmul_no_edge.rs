// expect: the edge: where a or b has no element, 0 belongs into the tile
// exercise: load
        a_tile[y][x] = a[row * k + start + x];
        b_tile[y][x] = b[(start + y) * n + column];
// exercise: end
