// expect: the places of the kernel were forgotten
// exercise: fans
    (shape[1], shape[0])
// exercise: end
