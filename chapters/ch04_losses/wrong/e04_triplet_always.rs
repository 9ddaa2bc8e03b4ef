// expect: triplets that cost nothing get a gradient
// exercise: backward
        let (u, v) = (u * &g, v * &g);
        let (mut da, mut dp, dn) = (&u - &v, -&u, v);
// exercise: end
