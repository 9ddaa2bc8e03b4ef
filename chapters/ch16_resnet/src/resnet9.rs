//! ResNet-9: a small residual network that learns CIFAR-10 fast (Page 2019, "How to train your ResNet").
//!
//! Shapes: images `[batch, inputs, 32, 32]` to logits `[batch, classes]` (any multiple of 32 will do).
//!
//! Eight convolutions of 3 x 3 and a linear layer. Four of the convolutions stand in two residual blocks, whose activation
//! comes before the sum; the others widen, and max pooling halves the size. The logits are an eighth of what the last
//! layer says: a softmax on larger ones would be too sure too early.

use ch01_tensors::{Array, Float, Rng, context::within};
use ch05_backprop::{Layer, Linear, Module, Residual, Visitor};
use ch07_modules::{Flatten, Sequential};
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{MaxPool2d, Pool2dOptions, Relu};

use crate::{convolution, linear};

/// The logits are so much of what the last layer says.
const SCALE: f64 = 0.125;

// ANCHOR: resnet9
/// The network.
pub struct ResNet9<T: Float = f32> {
    /// Everything before the last layer.
    pub body: Sequential<T>,
    flatten: Flatten,
    /// The last layer, without a bias.
    pub linear: Linear<T>,
}

impl<T: Float> ResNet9<T> {
    /// `width` channels in the first convolution, 64 in the original, and up to eight times as many in the last.
    pub fn new(inputs: usize, classes: usize, width: usize, rng: &mut Rng) -> Self {
        let [w, w2, w4, w8] = [1, 2, 4, 8].map(|times| times * width);
        let mut conv = |chain: Sequential<T>, inputs: usize, outputs: usize| {
            chain
                .push(convolution(inputs, outputs, 3, 1, rng))
                .push(BatchNorm2d::new(outputs))
                .push(Relu::new())
        };
        let half = || MaxPool2d::new(Pool2dOptions::square(2));
        let mut body = conv(Sequential::new(), inputs, w);
        body = conv(body, w, w2).push(half());
        let inner = conv(Sequential::new(), w2, w2);
        body = body.push(Residual::new(conv(inner, w2, w2)));
        body = conv(body, w2, w4).push(half());
        body = conv(body, w4, w8).push(half());
        let inner = conv(Sequential::new(), w8, w8);
        body = body.push(Residual::new(conv(inner, w8, w8)));
        let body = body.push(MaxPool2d::new(Pool2dOptions::square(4)));
        ResNet9 { body, flatten: Flatten::new(), linear: linear(w8, classes, false, rng) }
    }
}
// ANCHOR_END: resnet9

impl<T: Float> Layer<T> for ResNet9<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let x = within("body", || self.body.forward(x));
        let x = self.flatten.forward(x);
        within("linear", || self.linear.forward(x)) * T::from_f64(SCALE)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = within("linear", || self.linear.backward(grad * T::from_f64(SCALE)));
        let grad = self.flatten.backward(grad);
        within("body", || self.body.backward(grad))
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let x = self.flatten.infer(within("body", || self.body.infer(x)));
        within("linear", || self.linear.infer(x)) * T::from_f64(SCALE)
    }
}

impl<T: Float> Module<T> for ResNet9<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("body", &mut self.body);
        visitor.child("linear", &mut self.linear);
    }
}
