// expect: the exponentials overflow
// exercise: online
        m = 0.0f;
        s += expf(v);
// exercise: end
