//! SwiGLU (Shazeer 2020; the feed-forward layer of LLaMA): `y = W_d (silu(W_g x) ⊙ W_u x)`, for each token on its own.
//!
//! Shapes: `x` and `y` are `[.., size]`; the gate `a = W_g x` and the values `u = W_u x` are `[.., inner]`. No biases. One
//! product decides how much of each inner feature passes, the other what passes. There are three matrices instead of two,
//! so `inner` is usually two thirds of what a plain layer has: `8/3 size`.
//!
//! With `h = silu(a) ⊙ u` and `g = dL/dh = W_dᵀ dL/dy`:
//!
//! - `dL/du = g ⊙ silu(a)`;
//! - `dL/da = g ⊙ u ⊙ silu'(a)`;
//! - `x` goes into both products, so `dL/dx = W_gᵀ dL/da + W_uᵀ dL/du`.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch03_neurons::{silu, silu_backward};
use ch05_backprop::{Layer, Linear, Module, Visitor};

/// A gated feed-forward layer; the names are LLaMA's.
pub struct SwiGlu<T: Float = f32> {
    /// What passes how much: `[inner, size]`.
    pub gate_proj: Linear<T>,
    /// What passes: `[inner, size]`.
    pub up_proj: Linear<T>,
    /// Back to the size of a token: `[size, inner]`.
    pub down_proj: Linear<T>,
    /// Gate before the activation, and values, of forward calls that have not been gone back through.
    kept: Vec<(Array<T>, Array<T>)>,
}

impl SwiGlu {
    /// From `size` features to `inner` and back, with PyTorch's first weights.
    pub fn new(size: usize, inner: usize, rng: &mut Rng) -> Self {
        let mut linear = |inputs: usize, outputs: usize| {
            let bound = 1.0 / (inputs as f64).sqrt();
            Linear::from_parts(Tensor::uniform([outputs, inputs], -bound, bound, rng), None)
        };
        SwiGlu {
            gate_proj: linear(size, inner),
            up_proj: linear(size, inner),
            down_proj: linear(inner, size),
            kept: Vec::new(),
        }
    }
}

impl<T: Float> SwiGlu<T> {
    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> SwiGlu<f64> {
        SwiGlu {
            gate_proj: self.gate_proj.to_f64(),
            up_proj: self.up_proj.to_f64(),
            down_proj: self.down_proj.to_f64(),
            kept: Vec::new(),
        }
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for SwiGlu<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let gate = within("gate_proj", || self.gate_proj.forward(x.clone()));
        let up = within("up_proj", || self.up_proj.forward(x));
        // exercise: forward - Keep (gate, up) for backward; clones are free. Then silu of the gate times the values, and
        // through `down_proj`. `a * &b` multiplies element by element.
        self.kept.push((gate.clone(), up.clone()));
        let hidden = silu(gate) * &up;
        within("down_proj", || self.down_proj.forward(hidden))
        // exercise: end
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some((gate, up)) = self.kept.pop() else {
            fail("SwiGlu::backward", format_args!("no forward call to go back through"))
        };
        // exercise: backward - Back through `down_proj`; then the product rule gives the gradients of gate and values
        // (`silu_backward(grad, &gate)` multiplies by silu'(gate)); then back through `up_proj` and `gate_proj`. What
        // they return adds up.
        let hidden = within("down_proj", || self.down_proj.backward(grad));
        let d_up = silu(gate.clone()) * &hidden;
        let d_gate = silu_backward(hidden * &up, &gate);
        let x = within("up_proj", || self.up_proj.backward(d_up));
        within("gate_proj", || self.gate_proj.backward(d_gate)) + &x
        // exercise: end
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let gate = within("gate_proj", || self.gate_proj.infer(x.clone()));
        let up = within("up_proj", || self.up_proj.infer(x));
        within("down_proj", || self.down_proj.infer(silu(gate) * &up))
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for SwiGlu<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("gate_proj", &mut self.gate_proj);
        visitor.child("up_proj", &mut self.up_proj);
        visitor.child("down_proj", &mut self.down_proj);
    }
}
