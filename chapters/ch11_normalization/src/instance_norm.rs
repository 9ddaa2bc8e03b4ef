//! Instance normalisation (Ulyanov, Vedaldi, Lempitsky 2016; `torch.nn.InstanceNorm1d`, `2d` and `3d`).
//!
//! Shapes: `x` and `y` are `[batch, channels, ..]` with at least two numbers behind the channel. Every channel of every
//! example has a mean and a variance of its own: [`GroupNorm`] with one channel in a group, where the derivation is.
//! It takes the contrast out of each picture, which is what transferring a style wants and what telling things apart does
//! not. As in PyTorch there is no gain and no shift unless asked for.
//!
//! Left out: running statistics (`track_running_stats=True`), with which training and use differ as with BatchNorm.

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::GroupNorm;

/// Normalises each channel of each example.
pub struct InstanceNorm<T: Float = f32> {
    /// The same thing as groups of one channel; gain, shift and eps are this layer's.
    pub inner: GroupNorm<T>,
}

impl<T: Float> InstanceNorm<T> {
    /// A layer without gain and shift.
    pub fn new(channels: usize) -> Self {
        InstanceNorm { inner: GroupNorm::without_affine(channels, channels) }
    }

    /// A layer with gain 1 and shift 0, to be learned (`affine=True`).
    pub fn with_affine(channels: usize) -> Self {
        InstanceNorm { inner: GroupNorm::new(channels, channels) }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> InstanceNorm<f64> {
        InstanceNorm { inner: self.inner.to_f64() }
    }

    #[track_caller]
    fn check(&self, x: &Array<T>) {
        if x.ndim() < 3 || x.shape()[2..].iter().product::<usize>() == 1 {
            let rule = format_args!("one number has no variance: {:?}", x.shape());
            fail("InstanceNorm", rule);
        }
    }
}

impl<T: Float> Layer<T> for InstanceNorm<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.check(&x);
        self.inner.forward(x)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.inner.backward(grad)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.check(&x);
        self.inner.infer(x)
    }
}

impl<T: Float> Module<T> for InstanceNorm<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.inner.visit(visitor);
    }
}
