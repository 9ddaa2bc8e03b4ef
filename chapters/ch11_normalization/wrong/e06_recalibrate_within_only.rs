// expect: variance: the part between the means is missing
// exercise: pooled
    let before = total - m;
    let old_variance = if share < 1.0 { old_unbiased * (before - 1.0) / before } else { 0.0 };
    let old_mean = if share < 1.0 { old_mean } else { 0.0 };
    let mean = (1.0 - share) * old_mean + share * new_mean;
    let within = (1.0 - share) * old_variance + share * new_variance;
    [mean, within * total / (total - 1.0)]
// exercise: end
