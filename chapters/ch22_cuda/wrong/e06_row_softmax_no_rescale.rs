// expect: must be multiplied by
// exercise: online
        m = fmaxf(m, v);
        s += expf(v - m);
// exercise: end
