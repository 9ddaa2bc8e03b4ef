// expect: backward: not divided by the number of real tokens
// exercise: backward
    for (dx, _) in vectors.filter(|(_, real)| **real) {
        dx.copy_from_slice(g);
    }
// exercise: end
