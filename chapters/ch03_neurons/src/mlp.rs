//! The multi-layer perceptron, forward: layers of `h = f(x Wᵀ + b)`, the last one without `f`.
//!
//! Shapes: `x` is `[batch, in]`, each `W` `[out, in]`, each `b` `[out]`; each layer's output is `[batch, out]` and the next
//! one's input. Training comes in chapter 5.

use ch01_tensors::{Array, Float, Rng, fail};
use ch02_matmul::matmul;

use crate::Activation;

/// Weights, biases and the activation between them.
#[derive(Clone)]
pub struct Mlp<T: Float = f32> {
    /// `[out, in]` and `[out]` of each layer, from the input on.
    pub layers: Vec<(Array<T>, Array<T>)>,
    /// What follows each layer but the last.
    pub activation: Activation,
}

/// What one layer computed on the way.
pub struct Trace<T: Float> {
    /// `x Wᵀ + b`, `[batch, out]`.
    pub before: Array<T>,
    /// After the activation; in the last layer the same.
    pub after: Array<T>,
}

impl<T: Float> Mlp<T> {
    /// Layers of these sizes, from the input on: biases 0, weights normal with standard deviation `gain / √in`.
    ///
    /// # Panics
    /// With fewer than two sizes.
    #[track_caller]
    pub fn new(sizes: &[usize], activation: Activation, gain: f64, rng: &mut Rng) -> Self {
        if sizes.len() < 2 {
            fail("Mlp::new", format_args!("needs the sizes of input and output, not {sizes:?}"));
        }
        let layer = |pair: &[usize]| {
            let std = gain / (pair[0] as f64).sqrt();
            (Array::normal([pair[1], pair[0]], 0.0, std, rng), Array::zeros([pair[1]]))
        };
        Mlp { layers: sizes.windows(2).map(layer).collect(), activation }
    }

    // ANCHOR: forward
    /// `[batch, in] -> [batch, out]`.
    ///
    /// # Panics
    /// When the sizes do not fit.
    #[track_caller]
    pub fn forward(&self, x: Array<T>) -> Array<T> {
        let mut h = x;
        for (index, (weight, bias)) in self.layers.iter().enumerate() {
            h = matmul(&h, &weight.clone().t()) + bias;
            if index + 1 < self.layers.len() {
                h = self.activation.forward(h);
            }
        }
        h
    }
    // ANCHOR_END: forward

    /// What every layer computes for `x`, for looking at shapes and statistics.
    ///
    /// # Panics
    /// When the sizes do not fit.
    #[track_caller]
    pub fn trace(&self, x: &Array<T>) -> Vec<Trace<T>> {
        let mut traces: Vec<Trace<T>> = Vec::new();
        for (index, (weight, bias)) in self.layers.iter().enumerate() {
            let input = traces.last().map_or(x, |trace| &trace.after);
            let before = matmul(input, &weight.clone().t()) + bias;
            let last = index + 1 == self.layers.len();
            let after = if last { before.clone() } else { self.activation.forward(before.clone()) };
            traces.push(Trace { before, after });
        }
        traces
    }

    // ANCHOR: collapse
    /// The one layer that a network without activations is equal to: `W = W_n ... W_1`, `b = W_n (... ) + b_n`.
    ///
    /// # Panics
    /// When the activation is not [`Activation::Identity`]: then there is no such layer.
    #[track_caller]
    pub fn collapse(&self) -> Self {
        if self.activation != Activation::Identity {
            fail("Mlp::collapse", format_args!("{:?} is not linear", self.activation));
        }
        let (mut weight, mut bias) = self.layers[0].clone();
        for (next, next_bias) in &self.layers[1..] {
            weight = matmul(next, &weight);
            bias = matmul(&bias.unsqueeze(0), &next.clone().t()).squeeze(0) + next_bias;
        }
        Mlp { layers: vec![(weight, bias)], activation: Activation::Identity }
    }
    // ANCHOR_END: collapse
}
