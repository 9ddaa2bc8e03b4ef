// expect: bias: the convolution's bias was not scaled: it goes through the normalisation like the rest
// exercise: fold
    let deviation = (norm.running_var.clone() + T::from_f64(norm.eps)).sqrt();
    let factor = norm.weight.value.clone() / &deviation;
    let bias = bias - &(norm.running_mean.clone() * &factor) + &norm.bias.value;
    (conv.weight.value.clone() * &factor.reshape([outputs, 1, 1, 1]), bias)
// exercise: end
