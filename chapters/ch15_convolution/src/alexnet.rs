//! A small AlexNet (Krizhevsky, Sutskever and Hinton 2012): large kernels first, overlapping pooling, three convolutions in a row,
//! then wide linear layers with dropout. Three of the convolutions have two groups, as in the original, whose halves lived on two
//! graphics cards.
//!
//! The original saw 224 by 224 pixels and took a stride of 4 at once; this one is for images of 32 by 32 and begins with stride 1.
//! Left out: its normalisation over neighbouring channels, which nobody uses any more.

use ch01_tensors::Rng;
use ch05_backprop::Linear;
use ch07_modules::{Flatten, Sequential};
use ch08_initialization::init_he;
use ch12_regularization::Dropout;

use crate::{AdaptiveAvgPool2d, Conv2d, Conv2dOptions, MaxPool2d, Pool2dOptions, Relu};

// ANCHOR: alexnet
/// The network for images of about 32 by 32 with `inputs` channels. `width` is the channels of the first convolution (64 in today's
/// versions of the original), the others have 3, 6, 4 and 4 times as many; `dropout` is 0.5 in the original.
pub fn alexnet_style(inputs: usize, classes: usize, width: usize, dropout: f64, seed: u64) -> Sequential {
    let rng = &mut Rng::new(seed, "init");
    let drops = &mut Rng::new(seed, "dropout");
    let pool = || MaxPool2d::new(Pool2dOptions { kernel: [3, 3], stride: [2, 2], padding: [1, 1] });
    let layer = |model: Sequential, [from, to]: [usize; 2], kernel: usize, groups: usize, rng: &mut Rng| {
        let options = Conv2dOptions { padding: [kernel / 2; 2], groups, ..Conv2dOptions::default() };
        model.push(Conv2d::new(from, to, kernel, options, rng).with_bias()).push(Relu::new())
    };
    let mut model = layer(Sequential::new(), [inputs, width], 5, 1, rng).push(pool());
    model = layer(model, [width, 3 * width], 5, 2, rng).push(pool());
    model = layer(model, [3 * width, 6 * width], 3, 1, rng);
    model = layer(model, [6 * width, 4 * width], 3, 2, rng);
    model = layer(model, [4 * width, 4 * width], 3, 2, rng).push(pool());
    let mut model = model
        .push(AdaptiveAvgPool2d::new([3, 3]))
        .push(Flatten::new())
        .push(Dropout::new(dropout, drops))
        .push(Linear::new(9 * 4 * width, 16 * width, rng))
        .push(Relu::new())
        .push(Dropout::new(dropout, drops))
        .push(Linear::new(16 * width, 16 * width, rng))
        .push(Relu::new())
        .push(Linear::new(16 * width, classes, rng));
    init_he(&mut model, rng);
    model
}
// ANCHOR_END: alexnet
