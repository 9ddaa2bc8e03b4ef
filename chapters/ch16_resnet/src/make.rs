//! Layers with the first weights that torchvision gives them.
//!
//! Convolutions are drawn from a normal distribution of variance `2 / (outputs * kernel area)`: He's, by the fan out, so
//! that gradients keep their size going backward (chapter 8). A linear layer keeps PyTorch's default.

use ch01_tensors::{Array, Float, Rng};
use ch05_backprop::Linear;
use ch07_modules::Sequential;
use ch08_initialization::{FanMode, Gain, kaiming_normal};
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Conv2dOptions};

/// A square kernel without bias over `inputs` channels, with as much padding as keeps the size at stride 1.
pub fn convolution<T: Float>(
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    rng: &mut Rng,
) -> Conv2d<T> {
    let mut weight = Array::zeros([outputs, inputs, kernel, kernel]);
    kaiming_normal(&mut weight, FanMode::Out, Gain::Relu, rng);
    let options = Conv2dOptions { stride: [stride; 2], padding: [kernel / 2; 2], ..Conv2dOptions::default() };
    Conv2d::from_parts(weight, None, options)
}

/// A linear layer, even in ±1/sqrt(inputs).
pub fn linear<T: Float>(inputs: usize, outputs: usize, bias: bool, rng: &mut Rng) -> Linear<T> {
    let bound = 1.0 / (inputs as f64).sqrt();
    let weight = Array::uniform([outputs, inputs], -bound, bound, rng);
    let bias = bias.then(|| Array::uniform([outputs], -bound, bound, rng));
    Linear::from_parts(weight, bias)
}

// ANCHOR: shortcut
/// The way past a block: nothing at all if what comes in has the shape of what comes out, else a convolution of one pixel
/// that brings it into that shape, and a normalisation.
pub fn shortcut<T: Float>(inputs: usize, outputs: usize, stride: usize, rng: &mut Rng) -> Sequential<T> {
    if inputs == outputs && stride == 1 {
        return Sequential::new();
    }
    Sequential::new().push(convolution(inputs, outputs, 1, stride, rng)).push(BatchNorm2d::new(outputs))
}
// ANCHOR_END: shortcut
