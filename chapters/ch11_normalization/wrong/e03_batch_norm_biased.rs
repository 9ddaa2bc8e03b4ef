// expect: running variance: the batch's variance is over m: multiply by m / (m - 1)
// exercise: running
            *running_mean = T::from_f64((1.0 - momentum) * running_mean.to_f64() + momentum * average);
            *running_var = T::from_f64((1.0 - momentum) * running_var.to_f64() + momentum * variance);
// exercise: end
