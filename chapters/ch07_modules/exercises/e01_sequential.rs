//! Sequential: layers one after the other (`torch.nn.Sequential`).
//!
//! `y = f_n(… f_2(f_1(x)))`. By the chain rule the gradient goes through the same layers from the last to the first:
//! `dL/dx = J_1ᵀ (J_2ᵀ … (J_nᵀ g))`. Each layer only needs to know its own Jacobian.
//!
//! The layers are of different types, so they are kept in boxes and called through a table of functions: two indirect
//! calls per layer and step, and no allocation after the network is built.
//!
//! Hooks see what flows from layer to layer (see `hooks.rs`). Left out: named children, and graphs that branch (`Parallel`, `Graph`).

use ch01_tensors::{Array, Float, context};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::{AnyLayer, observed};

/// A chain of layers; they are called "0", "1", … in paths.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch03_neurons::Activation;
/// # use ch05_backprop::{ActivationLayer, Layer, Linear};
/// # use ch07_modules::{Flatten, Sequential};
/// let rng = &mut Rng::new(0, "init");
/// let model = Sequential::new()
///     .push(Flatten::new())
///     .push(Linear::new(784, 32, rng))
///     .push(ActivationLayer::new(Activation::Relu))
///     .push(Linear::new(32, 10, rng));
/// assert_eq!(*model.infer(Tensor::zeros([5, 28, 28])).shape(), [5, 10]);
/// ```
pub struct Sequential<T: Float = f32> {
    layers: Vec<Box<dyn AnyLayer<T>>>,
}

impl<T: Float> Sequential<T> {
    /// A chain without layers: the identity.
    pub fn new() -> Self {
        Sequential { layers: Vec::new() }
    }

    /// The same chain with one layer more at its end.
    pub fn push(mut self, layer: impl Layer<T> + 'static) -> Self {
        self.layers.push(observed(layer));
        self
    }

    /// The same chain with one layer more at its end, that comes from another chain.
    pub fn push_boxed(mut self, layer: Box<dyn AnyLayer<T>>) -> Self {
        self.layers.push(layer);
        self
    }

    /// The layers, first to last, for another chain.
    pub fn into_layers(self) -> Vec<Box<dyn AnyLayer<T>>> {
        self.layers
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Box<dyn AnyLayer<T>>] {
        &self.layers
    }

    /// The layers, first to last, to be changed.
    pub fn layers_mut(&mut self) -> &mut [Box<dyn AnyLayer<T>>] {
        &mut self.layers
    }
}

impl<T: Float> Default for Sequential<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Float> Layer<T> for Sequential<T> {
    fn forward(&mut self, mut x: Array<T>) -> Array<T> {
        // Yours: Each layer's output is the next one's input. Announce layer number i with
        // `let _inside = context::enter(i);` before calling it, so that errors can name it.
        todo!()
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.back_to(0, grad)
    }

    fn backward_params(&mut self, grad: Array<T>) {
        let grad = self.back_to(1, grad);
        if let Some(layer) = self.layers.first_mut() {
            let _inside = context::enter(0);
            layer.backward_params(grad);
        }
    }

    fn infer(&self, mut x: Array<T>) -> Array<T> {
        for (i, layer) in self.layers.iter().enumerate() {
            let _inside = context::enter(i);
            x = layer.infer(x);
        }
        x
    }
}

impl<T: Float> Sequential<T> {
    /// From the gradient of the output to that of the input of layer number `first`.
    fn back_to(&mut self, first: usize, mut grad: Array<T>) -> Array<T> {
        // Yours: From the last layer down to number `first`. What a layer's `backward` returns is the
        // gradient for the layer before it. The numbers in error messages are those of the forward pass.
        todo!()
    }
}

impl<T: Float> Module<T> for Sequential<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        // Yours: Hand each layer to `visitor.child` under its number. A `Box` gives its layer by `&mut **layer`.
        todo!()
    }
}
