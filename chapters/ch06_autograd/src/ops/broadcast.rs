//! Broadcasting as an operation, so that its adjoint stands in one place ([`sum_to`]).

use ch01_tensors::{Array, Float, Shape, broadcast_shape, fail};

use crate::{Operation, Var, apply, sum_to};

// ANCHOR: broadcast
struct BroadcastTo(Shape);

impl<T: Float> Operation<T> for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn key(&self) -> Option<String> {
        Some(format!("broadcast_to {:?}", self.0))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].clone().broadcast_to(self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        sum_to(grad, &x[0].shape())
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: broadcast

impl<T: Float> Var<T> {
    /// Reads the array as if it had `shape` (`torch.broadcast_to`).
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Var<T> {
        let shape = shape.into();
        if self.shape() == shape { self.clone() } else { apply(BroadcastTo(shape), &[self]) }
    }

    /// Both in the shape that they broadcast to; `operation` names the caller in the message.
    #[track_caller]
    pub(crate) fn broadcast_with(&self, operation: &str, other: &Var<T>) -> (Var<T>, Var<T>) {
        let (a, b) = (self.shape(), other.shape());
        let Some(shape) = broadcast_shape(&a, &b) else {
            fail(operation, format_args!("shapes do not broadcast: {a:?} and {b:?}"))
        };
        (self.broadcast_to(shape), other.broadcast_to(shape))
    }

    /// Constant zeros of the same shape.
    pub fn zeros_like(&self) -> Var<T> {
        Var::constant(Array::zeros(self.shape()))
    }
}
