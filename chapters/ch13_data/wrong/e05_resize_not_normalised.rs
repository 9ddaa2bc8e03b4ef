// expect: 0 4 4 made twice as long: the end fades: divide the weights by their sum
// exercise: resize_weights
    let scale = from as f64 / to as f64;
    let width = if antialias { scale.max(1.0) } else { 1.0 };
    let weigh = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let weight = |j: usize| ((1.0 - (j as f64 + 0.5 - centre).abs() / width).max(0.0) / width) as f32;
        let first = (centre - width).floor().max(0.0) as usize;
        let last = ((centre + width).ceil() as usize).min(from);
        (first, (first..last).map(weight).collect())
    };
    (0..to).map(weigh).collect()
// exercise: end
