//! The feed-forward layer of a block: `y = W₂ f(W₁ x + b₁) + b₂`, for each token on its own. The activation `f` is GELU with
//! the error function in BERT, its tanh approximation in GPT-2 (`gelu_new`), and ReLU in the first Transformer.
//!
//! Shapes: `x` and `y` are `[.., size]`, inside it is `[.., inner]`, usually four times as wide. Attention moves
//! information between tokens and is linear in the values; this layer is where each token's vector is worked on.
//!
//! Backward is the chain rule, from the second layer to the first; each of the three keeps what it needs.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor};

/// Two linear layers with an activation between them, GELU unless told.
pub struct FeedForward<T: Float = f32> {
    /// `[inner, size]`.
    pub fc1: Linear<T>,
    activation: ActivationLayer<T>,
    /// `[size, inner]`.
    pub fc2: Linear<T>,
}

impl FeedForward {
    /// From `size` features to `inner` and back.
    pub fn new(size: usize, inner: usize, rng: &mut Rng) -> Self {
        FeedForward::from_parts(Linear::new(size, inner, rng), Linear::new(inner, size, rng))
    }
}

impl<T: Float> FeedForward<T> {
    /// A layer with these two linear layers.
    pub fn from_parts(fc1: Linear<T>, fc2: Linear<T>) -> Self {
        FeedForward { fc1, activation: ActivationLayer::new(Activation::Gelu), fc2 }
    }

    /// The same layer with another activation.
    pub fn with_activation(mut self, kind: Activation) -> Self {
        self.activation.kind = kind;
        self
    }

    /// What stands between the two linear layers.
    pub fn activation(&self) -> Activation {
        self.activation.kind
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> FeedForward<f64> {
        FeedForward::from_parts(self.fc1.to_f64(), self.fc2.to_f64()).with_activation(self.activation.kind)
    }
}

impl<T: Float> Layer<T> for FeedForward<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        // Yours: The first linear layer, the activation, the second linear layer. Each is a layer of its own
        // with `forward`. (Ours also says where it is, by `within`, for error messages; yours need not.)
        todo!()
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        // Yours: The three layers from the last to the first.
        todo!()
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let h = within("fc1", || self.fc1.infer(x));
        let h = self.activation.infer(h);
        within("fc2", || self.fc2.infer(h))
    }
}

impl<T: Float> Module<T> for FeedForward<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("fc1", &mut self.fc1);
        visitor.child("fc2", &mut self.fc2);
    }
}
