// expect: covariance: the sum over the patches instead of the mean
// exercise: covariance
    for n in 0..batch {
        let image = images.narrow(0, n, 1).squeeze(0);
        let mut patches = Vec::with_capacity(d);
        for (c, u, v) in taps(channels, size) {
            let seen = image.narrow(0, c, 1).narrow(1, u, rows).narrow(2, v, columns);
            patches.push(seen.to_f64().reshape([1, rows * columns]));
        }
        let patches = Array::concat(&patches.iter().collect::<Vec<_>>(), 0);
        sum += &matmul(&patches, &patches.clone().t());
    }
    sum
// exercise: end
