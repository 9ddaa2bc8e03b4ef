// expect: 0 4 4 made twice as long: the first and last pixels were laid on each other
// exercise: resize_weights
    let scale = if to > 1 { (from as f64 - 1.0) / (to as f64 - 1.0) } else { 0.0 };
    let width = if antialias { scale.max(1.0) } else { 1.0 };
    let weigh = |i: usize| {
        let centre = i as f64 * scale;
        let weights: Vec<f64> = (0..from).map(|j| (1.0 - (j as f64 - centre).abs() / width).max(0.0)).collect();
        let sum: f64 = weights.iter().sum();
        (0, weights.iter().map(|weight| (weight / sum) as f32).collect())
    };
    (0..to).map(weigh).collect()
// exercise: end
