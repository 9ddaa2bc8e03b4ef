// expect: triplets that cost nothing get a gradient
// exercise: backward
        let (u, v) = (u * &g, v * &g);
        (&u - &v, -&u, v)
// exercise: end
