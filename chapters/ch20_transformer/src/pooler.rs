//! BERT's pooler: `y = tanh(W x + b)` on the vector of [CLS] (`BertPooler`).
//!
//! Shapes: `x` and `y` are `[batch, size]`. It was trained to say whether two sentences follow each other. Few use it
//! today: the mean of all vectors is better for comparing texts, and a new head can read [CLS] itself.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor};

/// A linear layer and tanh.
pub struct Pooler<T: Float = f32> {
    /// `[size, size]`.
    pub dense: Linear<T>,
    activation: ActivationLayer<T>,
}

impl Pooler {
    /// From `size` features to as many.
    pub fn new(size: usize, rng: &mut Rng) -> Self {
        Pooler { dense: Linear::new(size, size, rng), activation: ActivationLayer::new(Activation::Tanh) }
    }
}

impl<T: Float> Pooler<T> {
    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Pooler<f64> {
        Pooler { dense: self.dense.to_f64(), activation: self.activation.to_f64() }
    }
}

impl<T: Float> Layer<T> for Pooler<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let h = within("dense", || self.dense.forward(x));
        self.activation.forward(h)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = self.activation.backward(grad);
        within("dense", || self.dense.backward(grad))
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.activation.infer(within("dense", || self.dense.infer(x)))
    }
}

impl<T: Float> Module<T> for Pooler<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("dense", &mut self.dense);
    }
}
