// expect: mean: the shares are exchanged: `share` belongs to the new numbers
// exercise: pooled
    let before = total - m;
    let old_variance = if share < 1.0 { old_unbiased * (before - 1.0) / before } else { 0.0 };
    let distance = if share < 1.0 { new_mean - old_mean } else { 0.0 };
    let mean = new_mean - share * distance;
    let within = share * old_variance + (1.0 - share) * new_variance;
    let between = share * (1.0 - share) * distance * distance;
    [mean, (within + between) * total / (total - 1.0)]
// exercise: end
