// expect: each g_i is weighted with y_i
// exercise: backward
    let sum = simd::sum(g, |g| g);
    for (g, &y) in g.iter_mut().zip(y) {
        *g = y * (*g - sum);
    }
// exercise: end
