//! One step of a plain recurrent network (`torch.nn.RNNCell`; Elman 1990).
//!
//! Shapes: `x` is `[batch, input]`, `h` and `h'` are `[batch, hidden]`.
//!
//! `h' = f(a)` with `a = x W_ihᵀ + b_ih + h W_hhᵀ + b_hh` and `f` tanh or ReLU. With `g = dL/dh'`, `da = g f'(a)`: for tanh
//! that is `g (1 - h'²)`, for ReLU `g` where `h' > 0`. Input and state enter `a` as sums, so both products get `da`.

use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::{relu, relu_backward, tanh, tanh_backward};
use ch05_backprop::{Module, Visitor};
use ch18_recurrent::{CellWeights, Nonlinearity, last_step};

/// A plain recurrent cell.
pub struct RnnCell<T: Float = f32> {
    /// Both matrices and biases.
    pub weights: CellWeights<T>,
    /// tanh or ReLU.
    pub nonlinearity: Nonlinearity,
    /// `x`, `h` and `h'` of steps that have not been gone back through.
    steps: Vec<[Array<T>; 3]>,
}

impl RnnCell {
    /// A cell with PyTorch's first weights.
    pub fn new(nonlinearity: Nonlinearity, input: usize, hidden: usize, rng: &mut Rng) -> Self {
        RnnCell { weights: CellWeights::new(1, input, hidden, rng), nonlinearity, steps: Vec::new() }
    }
}

// ANCHOR: cell
impl<T: Float> RnnCell<T> {
    /// The new state, for use rather than training.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn infer(&self, x: &Array<T>, h: &Array<T>) -> Array<T> {
        // exercise: forward - `self.weights.of_input(x)` and `of_state(h)` are the two products with their biases. Their sum goes
        // through `tanh` or `relu`, whichever `self.nonlinearity` says.
        let a = self.weights.of_input(x) + &self.weights.of_state(h);
        match self.nonlinearity {
            Nonlinearity::Tanh => tanh(a),
            Nonlinearity::Relu => relu(a),
        }
        // exercise: end
    }

    /// The new state; keeps what [`backward`](RnnCell::backward) needs.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, h: Array<T>) -> Array<T> {
        let new = self.infer(&x, &h);
        self.steps.push([x, h, new.clone()]);
        new
    }

    /// For the gradient of the new state: adds to the parameters', returns those of `x` and of `h`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the shapes do not fit.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> (Array<T>, Array<T>) {
        let [x, h, new] = last_step("RnnCell::backward", &mut self.steps);
        // exercise: backward - The gradient before the activation: `tanh_backward(grad, &new)` or `relu_backward(grad, &new)`.
        // Then `self.weights.back_to_input(&da, &x)` and `back_to_state(&da, &h)`.
        let da = match self.nonlinearity {
            Nonlinearity::Tanh => tanh_backward(grad, &new),
            Nonlinearity::Relu => relu_backward(grad, &new),
        };
        (self.weights.back_to_input(&da, &x), self.weights.back_to_state(&da, &h))
        // exercise: end
    }
}
// ANCHOR_END: cell

impl<T: Float> RnnCell<T> {
    /// The same cell in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> RnnCell<f64> {
        RnnCell { weights: self.weights.to_f64(), nonlinearity: self.nonlinearity, steps: Vec::new() }
    }
}

impl<T: Float> Module<T> for RnnCell<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        self.weights.visit(visitor);
    }
}
