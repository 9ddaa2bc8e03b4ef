//! LeNet-5, the network that read cheques (LeCun, Bottou, Bengio and Haffner 1998), with what came later in four places: ReLU for
//! tanh, max pooling for an average with a trained factor, all maps joined to all (the original left out connections of the second
//! convolution), and a linear layer with softmax for the distances to drawn digits. Sizes and numbers of weights are the original's.

use ch01_tensors::Rng;
use ch05_backprop::Linear;
use ch07_modules::{Flatten, Sequential};
use ch08_initialization::init_he;

use crate::{Conv2d, Conv2dOptions, MaxPool2d, Pool2dOptions, Relu};

// ANCHOR: lenet5
/// LeNet-5 for digits `[batch, 1, 28, 28]`, with 61,706 weights: two convolutions of 5 by 5 with pooling behind each, a third whose
/// kernels cover what is left, and two linear layers.
pub fn lenet5(classes: usize, seed: u64) -> Sequential {
    let rng = &mut Rng::new(seed, "init");
    let conv = |inputs, outputs, padding, rng: &mut Rng| {
        let options = Conv2dOptions { padding: [padding; 2], ..Conv2dOptions::default() };
        Conv2d::new(inputs, outputs, 5, options, rng).with_bias()
    };
    // The original's images were 32 by 32, digits with a border: here it is padding.
    let mut model = Sequential::new()
        .push(conv(1, 6, 2, rng))
        .push(Relu::new())
        .push(MaxPool2d::new(Pool2dOptions::square(2)))
        .push(conv(6, 16, 0, rng))
        .push(Relu::new())
        .push(MaxPool2d::new(Pool2dOptions::square(2)))
        .push(conv(16, 120, 0, rng))
        .push(Relu::new())
        .push(Flatten::new())
        .push(Linear::new(120, 84, rng))
        .push(Relu::new())
        .push(Linear::new(84, classes, rng));
    init_he(&mut model, rng);
    model
}
// ANCHOR_END: lenet5
