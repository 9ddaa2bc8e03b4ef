// expect: 0xffffffff names all 32
// exercise: shuffle
    for (int d = 16; d > 0; d /= 2) sum += __shfl_xor_sync(0x0000ffff, sum, d);
// exercise: end
