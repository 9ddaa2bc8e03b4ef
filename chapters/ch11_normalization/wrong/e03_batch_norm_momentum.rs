// expect: running mean: momentum was taken as the share of the old value
// exercise: running
            let unbiased = variance * m as f64 / (m - 1) as f64;
            *running_mean = T::from_f64(momentum * running_mean.to_f64() + (1.0 - momentum) * average);
            *running_var = T::from_f64(momentum * running_var.to_f64() + (1.0 - momentum) * unbiased);
// exercise: end
