// expect: variance: unbiased and plain variances were mixed
// exercise: pooled
    let _ = total;
    if share == 1.0 {
        return [new_mean, new_variance * m / (m - 1.0)];
    }
    let distance = new_mean - old_mean;
    let mean = new_mean - (1.0 - share) * distance;
    let within = (1.0 - share) * old_unbiased + share * new_variance;
    [mean, within + share * (1.0 - share) * distance * distance]
// exercise: end
