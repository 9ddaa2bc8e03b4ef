// expect: bank conflicts
// exercise: tile
    __shared__ float tile[32][32];
// exercise: end
