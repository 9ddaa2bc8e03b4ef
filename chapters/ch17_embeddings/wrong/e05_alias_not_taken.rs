// expect: what the columns hold: what went into a column was not taken away
// exercise: fill
            keep[small] = left[small];
            other[small] = large as u32;
            left[large] -= 0.0;
// exercise: end
