//! What all cells share: two matrix products, of the input and of the state before, and their gradients.

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch02_matmul::{matmul, matmul_add};
use ch05_backprop::{Module, Param, Role, Visitor};

/// The parameters of a cell, by PyTorch's names.
pub struct CellWeights<T: Float = f32> {
    /// `[gates * hidden, input]`.
    pub weight_ih: Param<T>,
    /// `[gates * hidden, hidden]`.
    pub weight_hh: Param<T>,
    /// `[gates * hidden]`.
    pub bias_ih: Param<T>,
    /// `[gates * hidden]`.
    pub bias_hh: Param<T>,
}

impl CellWeights {
    /// PyTorch's first weights: all even in ±1/sqrt(hidden).
    pub fn new(gates: usize, input: usize, hidden: usize, rng: &mut Rng) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        let mut draw = |shape: &[usize], role| Param::new(Tensor::uniform(shape, -bound, bound, rng), role);
        CellWeights {
            weight_ih: draw(&[gates * hidden, input], Role::Weight),
            weight_hh: draw(&[gates * hidden, hidden], Role::Weight),
            bias_ih: draw(&[gates * hidden], Role::Bias),
            bias_hh: draw(&[gates * hidden], Role::Bias),
        }
    }
}

impl<T: Float> CellWeights<T> {
    /// The same weights in 64 bits.
    pub fn to_f64(&self) -> CellWeights<f64> {
        CellWeights {
            weight_ih: self.weight_ih.to_f64(),
            weight_hh: self.weight_hh.to_f64(),
            bias_ih: self.bias_ih.to_f64(),
            bias_hh: self.bias_hh.to_f64(),
        }
    }

    /// The size of a state.
    pub fn hidden(&self) -> usize {
        self.weight_hh.value.dim(1)
    }

    // ANCHOR: products
    /// `x W_ihᵀ + b_ih`: `[batch, input]` to `[batch, gates * hidden]`.
    #[track_caller]
    pub fn of_input(&self, x: &Array<T>) -> Array<T> {
        matmul(x, &self.weight_ih.value.clone().t()) + &self.bias_ih.value
    }

    /// `h W_hhᵀ + b_hh`: `[batch, hidden]` to `[batch, gates * hidden]`.
    #[track_caller]
    pub fn of_state(&self, h: &Array<T>) -> Array<T> {
        matmul(h, &self.weight_hh.value.clone().t()) + &self.bias_hh.value
    }

    /// For the gradient `da` of [`of_input`](CellWeights::of_input): adds to the parameters' and returns that of `x`.
    pub fn back_to_input(&mut self, da: &Array<T>, x: &Array<T>) -> Array<T> {
        matmul_add(&mut self.weight_ih.grad, &da.clone().t(), x);
        self.bias_ih.grad += &da.sum(0, false);
        matmul(da, &self.weight_ih.value)
    }

    /// For the gradient `du` of [`of_state`](CellWeights::of_state): adds to the parameters' and returns that of `h`.
    pub fn back_to_state(&mut self, du: &Array<T>, h: &Array<T>) -> Array<T> {
        matmul_add(&mut self.weight_hh.grad, &du.clone().t(), h);
        self.bias_hh.grad += &du.sum(0, false);
        matmul(du, &self.weight_hh.value)
    }
    // ANCHOR_END: products
}

impl<T: Float> Module<T> for CellWeights<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight_ih", &mut self.weight_ih);
        visitor.param("weight_hh", &mut self.weight_hh);
        visitor.param("bias_ih", &mut self.bias_ih);
        visitor.param("bias_hh", &mut self.bias_hh);
    }
}

/// What a cell kept of its last step that has not been gone back through.
#[track_caller]
pub fn last_step<S>(cell: &str, steps: &mut Vec<S>) -> S {
    let Some(step) = steps.pop() else { fail(cell, format_args!("no forward call to go back through")) };
    step
}
