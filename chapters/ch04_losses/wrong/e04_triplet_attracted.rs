// expect: the negative is attracted
// exercise: backward
        let g = (near - &far).zip("triplet", &g, |d, g| if d + margin > T::ZERO { g } else { T::ZERO });
        let (u, v) = (u * &g, v * &g);
        (&u + &v, -&u, -&v)
// exercise: end
