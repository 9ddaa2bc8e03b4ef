//! A multi-layer perceptron: linear layers with an activation between them (Rumelhart, Hinton and Williams 1986).
//!
//! Going forward, each layer's output is the next one's input. Going backward is the chain rule read from the right:
//! the gradient enters at the last layer, and what each `backward` returns is what the layer before it needs.

use ch01_tensors::{Array, Float, Rng, context};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor};

/// `Linear, activation, Linear, …, Linear`: the last layer's outputs are logits, without an activation.
///
/// Parameters are named as in `torch.nn.Sequential`: `0.weight`, `0.bias`, `2.weight`, … (the odd numbers are the
/// activations).
pub struct Mlp<T: Float = f32> {
    linears: Vec<Linear<T>>,
    /// One fewer than the linear layers.
    activations: Vec<ActivationLayer<T>>,
}

impl Mlp {
    /// Layers between the given widths: `[784, 256, 10]` makes two linear layers.
    ///
    /// # Panics
    /// With fewer than two widths.
    #[track_caller]
    pub fn new(widths: &[usize], activation: Activation, rng: &mut Rng) -> Self {
        assert!(widths.len() >= 2, "Mlp: needs at least an input and an output width, not {widths:?}");
        let linears = widths.windows(2).map(|pair| Linear::new(pair[0], pair[1], rng)).collect();
        let activations = (2..widths.len()).map(|_| ActivationLayer::new(activation)).collect();
        Mlp { linears, activations }
    }
}

impl<T: Float> Mlp<T> {
    /// The same network in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Mlp<f64> {
        Mlp {
            linears: self.linears.iter().map(Linear::to_f64).collect(),
            activations: self.activations.iter().map(ActivationLayer::to_f64).collect(),
        }
    }

    /// The linear layers, first to last.
    pub fn linears(&self) -> &[Linear<T>] {
        &self.linears
    }
}

impl<T: Float> Layer<T> for Mlp<T> {
    fn forward(&mut self, mut x: Array<T>) -> Array<T> {
        for (i, linear) in self.linears.iter_mut().enumerate() {
            let _inside = context::enter(2 * i);
            x = linear.forward(x);
            if let Some(activation) = self.activations.get_mut(i) {
                x = activation.forward(x);
            }
        }
        x
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        self.back_to(0, grad)
    }

    fn backward_params(&mut self, grad: Array<T>) {
        let mut grad = self.back_to(1, grad);
        let _inside = context::enter(0);
        if let Some(activation) = self.activations.first_mut() {
            grad = activation.backward(grad);
        }
        self.linears[0].backward_params(grad);
    }

    fn infer(&self, mut x: Array<T>) -> Array<T> {
        for (i, linear) in self.linears.iter().enumerate() {
            let _inside = context::enter(2 * i);
            x = linear.infer(x);
            if let Some(activation) = self.activations.get(i) {
                x = activation.infer(x);
            }
        }
        x
    }
}

impl<T: Float> Mlp<T> {
    /// From the gradient of the output to that of the input of linear layer number `first`.
    fn back_to(&mut self, first: usize, mut grad: Array<T>) -> Array<T> {
        // Yours: The same layers, from the last down to number `first`. What each `backward` returns is the
        // gradient for the one before it. `activations[i]` comes after `linears[i]`; the last has none.
        todo!()
    }
}

impl<T: Float> Module<T> for Mlp<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (i, linear) in self.linears.iter_mut().enumerate() {
            visitor.child(2 * i, linear);
        }
    }
}
