// expect: variance: divided by n instead of n - 1: not the unbiased variance
// exercise: pooled
    let before = total - m;
    let old_variance = if share < 1.0 { old_unbiased * (before - 1.0) / before } else { 0.0 };
    let distance = if share < 1.0 { new_mean - old_mean } else { 0.0 };
    let mean = new_mean - (1.0 - share) * distance;
    let within = (1.0 - share) * old_variance + share * new_variance;
    [mean, within + share * (1.0 - share) * distance * distance]
// exercise: end
