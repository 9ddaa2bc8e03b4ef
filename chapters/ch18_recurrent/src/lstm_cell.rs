//! One step of a long short-term memory (`torch.nn.LSTMCell`; Hochreiter and Schmidhuber 1997, with the forget gate of Gers,
//! Schmidhuber and Cummins 2000).
//!
//! Shapes: `x` is `[batch, input]`, `h` and `c` are `[batch, hidden]`.
//!
//! `a = x W_ihᵀ + b_ih + h W_hhᵀ + b_hh` has four parts: `i = σ(a_i)`, `f = σ(a_f)`, `g = tanh(a_g)`, `o = σ(a_o)`. Then
//! `c' = f c + i g` and `h' = o tanh c'`. Back, for the gradients `dh` of `h'` and `dc` of `c'`:
//!
//! - `do = dh tanh c'`; and `h'` depends on `c'`: in all, `d = dc + dh o (1 - tanh² c')`;
//! - `df = d c`, `di = d g`, `dg = d i`, and the cell before gets `d f`: nothing but a product with `f`;
//! - before the activations `da_i = di i (1 - i)` and so on, `da_g = dg (1 - g²)`.

use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::{sigmoid, sigmoid_backward, tanh, tanh_backward};
use ch05_backprop::{Module, Visitor};
use ch18_recurrent::{CellWeights, last_step};

/// A long short-term memory cell.
pub struct LstmCell<T: Float = f32> {
    /// Both matrices and biases, for the gates `i`, `f`, `g`, `o` below each other.
    pub weights: CellWeights<T>,
    /// Steps that have not been gone back through.
    steps: Vec<Kept<T>>,
}

/// What backward needs of a step.
struct Kept<T: Float> {
    x: Array<T>,
    h: Array<T>,
    c: Array<T>,
    /// `i`, `f`, `g`, `o`.
    gates: [Array<T>; 4],
    /// `tanh c'`.
    tanh: Array<T>,
}

impl LstmCell {
    /// A cell with PyTorch's first weights.
    pub fn new(input: usize, hidden: usize, rng: &mut Rng) -> Self {
        LstmCell { weights: CellWeights::new(4, input, hidden, rng), steps: Vec::new() }
    }
}

// ANCHOR: cell
impl<T: Float> LstmCell<T> {
    /// The gates `i`, `f`, `g`, `o`, the new cell `c'`, and its tanh.
    fn step(&self, x: &Array<T>, h: &Array<T>, c: &Array<T>) -> ([Array<T>; 4], Array<T>, Array<T>) {
        let a = self.weights.of_input(x) + &self.weights.of_state(h);
        let [i, f, g, o] = a.split_equal::<4>(1);
        // exercise: forward - Each part through its activation; then the new cell, and its tanh (`c_new.clone()` costs nothing).
        // Return `([i, f, g, o], c_new, tanh)`.
        let (i, f, g, o) = (sigmoid(i), sigmoid(f), tanh(g), sigmoid(o));
        let c_new = &f * c + &(&i * &g);
        let tanh = tanh(c_new.clone());
        ([i, f, g, o], c_new, tanh)
        // exercise: end
    }

    /// The new `h` and `c`, for use rather than training.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn infer(&self, x: &Array<T>, h: &Array<T>, c: &Array<T>) -> (Array<T>, Array<T>) {
        let ([_, _, _, o], c_new, tanh) = self.step(x, h, c);
        (o * &tanh, c_new)
    }

    /// The new `h` and `c`; keeps what [`backward`](LstmCell::backward) needs.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, h: Array<T>, c: Array<T>) -> (Array<T>, Array<T>) {
        let (gates, c_new, tanh) = self.step(&x, &h, &c);
        let h_new = &gates[3] * &tanh;
        self.steps.push(Kept { x, h, c, gates, tanh });
        (h_new, c_new)
    }

    /// For the gradients of the new `h` and `c`: adds to the parameters', returns those of `x`, `h` and `c`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the shapes do not fit.
    #[track_caller]
    pub fn backward(&mut self, dh: &Array<T>, dc: &Array<T>) -> (Array<T>, Array<T>, Array<T>) {
        let Kept { x, h, c, gates: [i, f, g, o], tanh } = last_step("LstmCell::backward", &mut self.steps);
        let ([di, df, dg, d_o], dc_before) = gate_gradients([dh, dc, &c, &tanh], &[i, f, g, o]);
        let da = Array::concat(&[&di, &df, &dg, &d_o], 1);
        (self.weights.back_to_input(&da, &x), self.weights.back_to_state(&da, &h), dc_before)
    }
}

/// The gradients before the activations of the four gates, and that of the cell before.
fn gate_gradients<T: Float>(
    [dh, dc, c, tanh]: [&Array<T>; 4],
    [i, f, g, o]: &[Array<T>; 4],
) -> ([Array<T>; 4], Array<T>) {
    // exercise: backward - First `d`, all of the gradient that reaches c'. Then the gradients before the four activations, in
    // the order of the gates, and that of the cell before. `tanh` is tanh c'. `tanh_backward(d, &y)` is d (1 - y²),
    // `sigmoid_backward(d, &y)` is d y (1 - y).
    let d = dc + &tanh_backward(dh * o, tanh);
    let di = sigmoid_backward(&d * g, i);
    let df = sigmoid_backward(&d * c, f);
    let dg = tanh_backward(&d * i, g);
    let d_o = sigmoid_backward(dh * tanh, o);
    ([di, df, dg, d_o], d * f)
    // exercise: end
}
// ANCHOR_END: cell

impl<T: Float> LstmCell<T> {
    /// The same cell in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> LstmCell<f64> {
        LstmCell { weights: self.weights.to_f64(), steps: Vec::new() }
    }
}

impl<T: Float> Module<T> for LstmCell<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.weights.visit(visitor);
    }
}
