// expect: must be multiplied by
// exercise: join
        m = fmaxf(m, other_m);
        s += other_s;
// exercise: end
