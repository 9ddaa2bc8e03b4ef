//! ReLU as a layer that costs no memory (`torch.nn.ReLU(inplace=True)`).
//!
//! The slope of ReLU is 1 where `x > 0`, which is where `y > 0`. So the output will do for the backward pass, and the
//! next layer keeps that anyway as its input: both hold the same storage. The general layer of chapter 5 keeps the input,
//! which nobody else needs; in a network for images that is a third of all that is kept.

use ch01_tensors::{Array, Float};
use ch03_neurons::{relu, relu_backward};
use ch05_backprop::{Layer, Module, Visitor};

use crate::pool_layers::popped;

/// `max(0, x)`, in place where nobody else holds the input.
#[derive(Default)]
pub struct Relu<T: Float = f32> {
    /// The outputs of forward calls that have not been gone back through.
    outputs: Vec<Array<T>>,
}

impl<T: Float> Relu<T> {
    /// The layer.
    pub fn new() -> Self {
        Relu { outputs: Vec::new() }
    }

    /// Gives up what the last forward call has kept, its output. Before `backward` it must be [given back](Self::restore).
    ///
    /// # Panics
    /// When nothing is kept.
    pub fn release(&mut self) -> Array<T> {
        popped("Relu::release", &mut self.outputs)
    }

    /// Takes the output of the last forward call back.
    pub fn restore(&mut self, y: Array<T>) {
        self.outputs.push(y);
    }
}

impl<T: Float> Layer<T> for Relu<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let y = relu(x);
        self.outputs.push(y.clone());
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        relu_backward(grad, &popped("Relu::backward", &mut self.outputs))
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        relu(x)
    }
}

impl<T: Float> Module<T> for Relu<T> {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}
