// expect: kernel: divided by the variance: the normalisation divides by its root
// exercise: fold
    let deviation = norm.running_var.clone() + T::from_f64(norm.eps);
    let factor = norm.weight.value.clone() / &deviation;
    let bias = (bias - &norm.running_mean) * &factor + &norm.bias.value;
    (conv.weight.value.clone() * &factor.reshape([outputs, 1, 1, 1]), bias)
// exercise: end
