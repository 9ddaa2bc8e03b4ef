// expect: gradient of the factors: the mean over the plane instead of the sum
// exercise: ds
    let planes = grad.data().chunks(plane).zip(x.data().chunks(plane));
    for (ds, (g, x)) in ds.data_mut().iter_mut().zip(planes) {
        *ds = simd::dot(g, x) * T::from_f64(1.0 / plane as f64);
    }
// exercise: end
