//! SmallCNN: five convolutions and two linear layers, the network that this book trains on CIFAR-10.
//!
//! With width 32: `[conv 32, conv 64, pool] [conv 128, conv 128, pool] [conv 256, mean of each channel] linear 128, linear`,
//! every convolution 3x3 with batch normalisation and ReLU behind it, and dropout before the last layer. The names are those
//! of a PyTorch `nn.Sequential` with the same layers, so that weights can be exchanged.

use ch01_tensors::Rng;
use ch05_backprop::Linear;
use ch07_modules::{Flatten, Sequential};
use ch08_initialization::init_he;
use ch11_normalization::BatchNorm2d;
use ch12_regularization::Dropout;

use crate::{Conv2d, Conv2dOptions, GlobalAvgPool, MaxPool2d, Pool2dOptions, Relu};

// ANCHOR: small_cnn
/// The network for images with `inputs` channels, with He's initial weights. `width` is the channels of the first
/// convolution, 32 for the network of the book; `dropout` is the share of features that the last layer does without.
///
/// The images may have any size from 4 x 4 on; those of CIFAR-10 are 32 x 32.
pub fn small_cnn(inputs: usize, classes: usize, width: usize, dropout: f64, seed: u64) -> Sequential {
    let rng = &mut Rng::new(seed, "init");
    let mut model = Sequential::new();
    model = conv_norm_relu(model, inputs, width, rng);
    model = conv_norm_relu(model, width, 2 * width, rng);
    model = model.push(MaxPool2d::new(Pool2dOptions::square(2)));
    model = conv_norm_relu(model, 2 * width, 4 * width, rng);
    model = conv_norm_relu(model, 4 * width, 4 * width, rng);
    model = model.push(MaxPool2d::new(Pool2dOptions::square(2)));
    model = conv_norm_relu(model, 4 * width, 8 * width, rng);
    let mut model = model
        .push(GlobalAvgPool::new())
        .push(Flatten::new())
        .push(Linear::new(8 * width, 4 * width, rng))
        .push(Relu::new())
        .push(Dropout::with_stream(dropout, Rng::new(seed, "dropout")))
        .push(Linear::new(4 * width, classes, rng));
    init_he(&mut model, rng);
    model
}

fn conv_norm_relu(model: Sequential, inputs: usize, outputs: usize, rng: &mut Rng) -> Sequential {
    // The normalisation takes the mean away, and with it any bias.
    let same_size = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    model
        .push(Conv2d::new(inputs, outputs, 3, same_size, rng))
        .push(BatchNorm2d::new(outputs))
        .push(Relu::new())
}
// ANCHOR_END: small_cnn
