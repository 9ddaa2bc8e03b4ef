//! Any elementwise activation of chapter 3 as a layer.
//!
//! `y = f(x)` element by element, so `dL/dx = f'(x) dL/dy`: the chain rule with a diagonal Jacobian.

use ch01_tensors::{Array, Float, fail};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Module, Visitor};

/// An activation without parameters: `ActivationLayer::new(Activation::Relu)` (`torch.nn.ReLU` and its kin).
pub struct ActivationLayer<T: Float = f32> {
    /// Which function.
    pub kind: Activation,
    /// The inputs of forward calls that have not been gone back through.
    inputs: Vec<Array<T>>,
}

impl<T: Float> ActivationLayer<T> {
    /// A layer that applies `kind` to every element.
    pub fn new(kind: Activation) -> Self {
        ActivationLayer { kind, inputs: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> ActivationLayer<f64> {
        ActivationLayer::new(self.kind)
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for ActivationLayer<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        // exercise: forward - Push the input for `backward` (a clone is free: it shares storage), return f(x).
        self.inputs.push(x.clone());
        self.kind.forward(x)
        // exercise: end
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(x) = self.inputs.pop() else {
            fail("ActivationLayer::backward", format_args!("no forward call to go back through"))
        };
        // exercise: backward - `self.kind.backward(grad, &x)` multiplies by f'(x). Which x?
        self.kind.backward(grad, &x)
        // exercise: end
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.kind.forward(x)
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for ActivationLayer<T> {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}
