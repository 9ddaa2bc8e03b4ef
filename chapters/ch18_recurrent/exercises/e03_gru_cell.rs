//! One step of a gated recurrent network (`torch.nn.GRUCell`; Cho et al. 2014, in the form that cuDNN and PyTorch use).
//!
//! Shapes: `x` is `[batch, input]`, `h` is `[batch, hidden]`.
//!
//! `a = x W_ihᵀ + b_ih` and `u = h W_hhᵀ + b_hh` have three parts each: `r = σ(a_r + u_r)`, `z = σ(a_z + u_z)`,
//! `n = tanh(a_n + r u_n)`, `h' = (1 - z) n + z h`. The reset gate `r` multiplies after the matrix product, with the bias
//! inside; in the paper it multiplies `h` before. Back, for `g = dL/dh'`:
//!
//! - `da_n = g (1 - z)(1 - n²)`; the product with `r` gives `du_n = da_n r` and `dr = da_n u_n`;
//! - `dz = g (h - n)`; `da_r = du_r = dr r (1 - r)`, `da_z = du_z = dz z (1 - z)`;
//! - `h` gets `g z` directly, and what comes through `W_hh`.

use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::{sigmoid, sigmoid_backward, tanh, tanh_backward};
use ch05_backprop::{Module, Visitor};
use ch18_recurrent::{CellWeights, last_step};

/// A gated recurrent cell.
pub struct GruCell<T: Float = f32> {
    /// Both matrices and biases, for the gates `r`, `z`, `n` below each other.
    pub weights: CellWeights<T>,
    /// Steps that have not been gone back through.
    steps: Vec<Kept<T>>,
}

/// What backward needs of a step.
struct Kept<T: Float> {
    x: Array<T>,
    h: Array<T>,
    /// `r`, `z`, `n`.
    gates: [Array<T>; 3],
    /// `u_n`.
    inner: Array<T>,
}

impl GruCell {
    /// A cell with PyTorch's first weights.
    pub fn new(input: usize, hidden: usize, rng: &mut Rng) -> Self {
        GruCell { weights: CellWeights::new(3, input, hidden, rng), steps: Vec::new() }
    }
}

impl<T: Float> GruCell<T> {
    /// The gates `r`, `z`, `n`; `u_n`; and the new state.
    fn step(&self, x: &Array<T>, h: &Array<T>) -> ([Array<T>; 3], Array<T>, Array<T>) {
        let [ar, az, an] = self.weights.of_input(x).split_equal::<3>(1);
        let [ur, uz, un] = self.weights.of_state(h).split_equal::<3>(1);
        // Yours: The three gates, then the new state between n and h: all n where z is 0, all h where z is 1.
        // Return `([r, z, n], un, new)`.
        todo!()
    }

    /// The new state, for use rather than training.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn infer(&self, x: &Array<T>, h: &Array<T>) -> Array<T> {
        self.step(x, h).2
    }

    /// The new state; keeps what [`backward`](GruCell::backward) needs.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, h: Array<T>) -> Array<T> {
        let (gates, inner, new) = self.step(&x, &h);
        self.steps.push(Kept { x, h, gates, inner });
        new
    }

    /// For the gradient of the new state: adds to the parameters', returns those of `x` and of `h`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the shapes do not fit.
    #[track_caller]
    pub fn backward(&mut self, grad: &Array<T>) -> (Array<T>, Array<T>) {
        let Kept { x, h, gates: [r, z, n], inner } = last_step("GruCell::backward", &mut self.steps);
        let ([dr, dz, dn], du, direct) = gate_gradients([grad, &h, &inner], &[r, z, n]);
        let (da, du) = (Array::concat(&[&dr, &dz, &dn], 1), Array::concat(&[&dr, &dz, &du], 1));
        (self.weights.back_to_input(&da, &x), direct + &self.weights.back_to_state(&du, &h))
    }
}

/// The gradients before the activations of the three gates, that of `u_n`, and what reaches `h` without `W_hh`.
fn gate_gradients<T: Float>(
    [grad, h, inner]: [&Array<T>; 3],
    [r, z, n]: &[Array<T>; 3],
) -> ([Array<T>; 3], Array<T>, Array<T>) {
    // Yours: `grad` is the gradient of h', `inner` is u_n. Return the gradients before the activations of r, z and n,
    // that of u_n, and what reaches h directly. `tanh_backward(d, &y)` is d (1 - y²), `sigmoid_backward(d, &y)` is d y (1 - y).
    todo!()
}

impl<T: Float> GruCell<T> {
    /// The same cell in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> GruCell<f64> {
        GruCell { weights: self.weights.to_f64(), steps: Vec::new() }
    }
}

impl<T: Float> Module<T> for GruCell<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.weights.visit(visitor);
    }
}
