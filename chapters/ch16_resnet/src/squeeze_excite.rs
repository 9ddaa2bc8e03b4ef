//! Squeeze and excitation: channels that are turned up and down by what is in the whole image (Hu et al. 2018;
//! `torchvision.ops.SqueezeExcitation`).
//!
//! Shapes: `x` and `y` are `[batch, channels, h, w]`.
//!
//! Squeeze: the mean `m` of each channel. Excite: `s = σ(W2 f(W1 m + b1) + b2)` by two small layers, with fewer numbers between
//! them. Then `y = s x`, channel by channel ([`scale_channels`]). A convolution sees a few pixels; this is a way for the whole
//! image to say which patterns matter.
//!
//! `x` reaches `y` on two ways, as itself and through `m`: both gradients add up.

use ch01_tensors::{Array, Float, Rng, context::within, fail};
use ch03_neurons::{Activation, sigmoid, sigmoid_backward};
use ch05_backprop::{ActivationLayer, Layer, Module, Visitor};
use ch15_convolution::{Conv2d, Conv2dOptions, GlobalAvgPool};

use crate::{convolution, scale_channels, scale_channels_backward};

/// Weighs the channels of each image.
pub struct SqueezeExcite<T: Float = f32> {
    pool: GlobalAvgPool,
    /// Down to a few numbers, `[squeezed, channels, 1, 1]`, with a bias.
    pub fc1: Conv2d<T>,
    activation: ActivationLayer<T>,
    /// Up again, `[channels, squeezed, 1, 1]`, with a bias.
    pub fc2: Conv2d<T>,
    /// Input and factors of forward calls that have not been gone back through.
    saved: Vec<[Array<T>; 2]>,
}

impl<T: Float> SqueezeExcite<T> {
    /// For this many channels, with `squeezed` numbers between the layers and this activation behind the first: ReLU in the
    /// paper, SiLU in EfficientNet.
    pub fn new(channels: usize, squeezed: usize, activation: Activation, rng: &mut Rng) -> Self {
        let mut biased = |inputs: usize, outputs: usize| {
            let weight = convolution::<T>(inputs, outputs, 1, 1, rng).weight.value;
            Conv2d::from_parts(weight, Some(Array::zeros([outputs])), Conv2dOptions::default())
        };
        SqueezeExcite {
            pool: GlobalAvgPool::new(),
            fc1: biased(channels, squeezed),
            activation: ActivationLayer::new(activation),
            fc2: biased(squeezed, channels),
            saved: Vec::new(),
        }
    }
}

// ANCHOR: passes
impl<T: Float> Layer<T> for SqueezeExcite<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let m = self.pool.forward(x.clone());
        let m = self.activation.forward(within("fc1", || self.fc1.forward(m)));
        let s = sigmoid(within("fc2", || self.fc2.forward(m)));
        self.saved.push([x.clone(), s.clone()]);
        scale_channels(x, &s)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some([x, s]) = self.saved.pop() else {
            fail("SqueezeExcite::backward", format_args!("no forward call to go back through"))
        };
        let (dx, ds) = scale_channels_backward(grad, &x, &s);
        let g = sigmoid_backward(ds, &s);
        let g = within("fc2", || self.fc2.backward(g));
        let g = self.activation.backward(g);
        let g = within("fc1", || self.fc1.backward(g));
        dx + &self.pool.backward(g)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let m = self.pool.infer(x.clone());
        let m = self.activation.infer(within("fc1", || self.fc1.infer(m)));
        let s = sigmoid(within("fc2", || self.fc2.infer(m)));
        scale_channels(x, &s)
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for SqueezeExcite<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("fc1", &mut self.fc1);
        visitor.child("fc2", &mut self.fc2);
    }
}
