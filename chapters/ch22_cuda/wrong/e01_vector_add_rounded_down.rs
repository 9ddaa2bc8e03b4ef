// expect: the number of blocks must be rounded up
// exercise: blocks
        n / 256
// exercise: end
