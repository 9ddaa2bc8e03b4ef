// expect: only lanes 0 to 15 are added
// exercise: shuffle
    for (int d = 8; d > 0; d /= 2) sum += __shfl_xor_sync(0xffffffff, sum, d);
// exercise: end
