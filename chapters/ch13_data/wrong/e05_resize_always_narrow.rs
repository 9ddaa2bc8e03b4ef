// expect: one bright pixel of eight, made two: with antialiasing the triangle is as wide as a new pixel
// exercise: resize_weights
    let _ = antialias;
    let scale = from as f64 / to as f64;
    let weigh = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let weights: Vec<f64> = (0..from).map(|j| (1.0 - (j as f64 + 0.5 - centre).abs()).max(0.0)).collect();
        let sum: f64 = weights.iter().sum();
        (0, weights.iter().map(|weight| (weight / sum) as f32).collect())
    };
    (0..to).map(weigh).collect()
// exercise: end
