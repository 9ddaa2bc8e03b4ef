// expect: targets: the share is what is left of the image, not what was pasted
// exercise: share
    let area = (bottom - top) * (right - left);
    let lambda = area as f64 / (height * width) as f64;
    let targets = blend(targets, &targets.index_select(0, partners), lambda);
// exercise: end
