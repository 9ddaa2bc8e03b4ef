// expect: gradient of the factors: the sum of g instead of g x
// exercise: ds
    for (ds, g) in ds.data_mut().iter_mut().zip(grad.data().chunks(plane)) {
        *ds = simd::sum(g, |g| g);
    }
// exercise: end
