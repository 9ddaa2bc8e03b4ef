//! ConvNet: the plain recipe of VGG (Simonyan and Zisserman 2014). Two convolutions of 3 by 3, then half the size and twice the
//! channels, as often as it goes.

use ch01_tensors::Rng;
use ch05_backprop::Linear;
use ch07_modules::{Flatten, Sequential};
use ch08_initialization::init_he;
use ch11_normalization::BatchNorm2d;

use crate::{Conv2d, Conv2dOptions, GlobalAvgPool, MaxPool2d, Pool2dOptions, Relu};

// ANCHOR: conv_net
/// A stage of two convolutions for each of `channels`, with 2 by 2 max pooling in between, then the mean of each channel and a linear
/// layer. With `halving` false nothing is pooled, and every convolution works on maps of full size: a trap, for comparison.
pub fn conv_net(inputs: usize, classes: usize, channels: &[usize], halving: bool, seed: u64) -> Sequential {
    let rng = &mut Rng::new(seed, "init");
    let same_size = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    let (mut model, mut before) = (Sequential::new(), inputs);
    for (stage, &outputs) in channels.iter().enumerate() {
        if stage > 0 && halving {
            model = model.push(MaxPool2d::new(Pool2dOptions::square(2)));
        }
        for from in [before, outputs] {
            model = model
                .push(Conv2d::new(from, outputs, 3, same_size, rng))
                .push(BatchNorm2d::new(outputs))
                .push(Relu::new());
        }
        before = outputs;
    }
    let mut model =
        model.push(GlobalAvgPool::new()).push(Flatten::new()).push(Linear::new(before, classes, rng));
    init_he(&mut model, rng);
    model
}
// ANCHOR_END: conv_net
