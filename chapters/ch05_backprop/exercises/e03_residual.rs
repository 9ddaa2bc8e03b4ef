//! Residual addition: `y = x + f(x)` (He et al. 2016).
//!
//! The input reaches the output on two paths, so two gradients come back, and they add:
//! `dL/dx = dL/dy + f'(x)ᵀ dL/dy`. The first term reaches earlier layers whatever `f` does, which is why very deep
//! networks with these connections can be trained (chapter 16).

use ch01_tensors::{Array, Float, context, fail};
use ch05_backprop::{Layer, Module, Visitor};

/// A layer with its input added to its output. Input and output of the inner layer have the same shape.
pub struct Residual<L> {
    /// `f`.
    pub inner: L,
}

impl<L> Residual<L> {
    /// `x + inner(x)`.
    pub fn new(inner: L) -> Self {
        Residual { inner }
    }
}

impl<T: Float, L: Layer<T>> Layer<T> for Residual<L> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let inside = context::enter("inner");
        let y = self.inner.forward(x.clone());
        drop(inside);
        added(&x, y)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let _inside = context::enter("inner");
        // Yours: The input was used twice, so the gradients of the two paths add up.
        todo!()
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let inside = context::enter("inner");
        let y = self.inner.infer(x.clone());
        drop(inside);
        added(&x, y)
    }
}

impl<T: Float, L: Layer<T>> Module<T> for Residual<L> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("inner", &mut self.inner);
    }
}

#[track_caller]
fn added<T: Float>(x: &Array<T>, y: Array<T>) -> Array<T> {
    if x.shape() != y.shape() {
        fail(
            "Residual",
            format_args!("the inner layer turns {:?} into {:?}: they cannot be added", x.shape(), y.shape()),
        );
    }
    y + x
}
