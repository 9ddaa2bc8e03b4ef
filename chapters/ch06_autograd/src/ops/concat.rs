//! Joining along an axis; its adjoint cuts the gradient at the seams.

use ch01_tensors::{Array, Float, axis_index, fail};

use crate::{Operation, Var, apply};

// ANCHOR: concat
struct Concat(isize);

impl<T: Float> Operation<T> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        Array::concat(&x.iter().collect::<Vec<_>>(), self.0)
    }

    fn backward(&self, which: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        let start: usize = x[..which].iter().map(|x| x.dim(self.0)).sum();
        grad.narrow(self.0, start, x[which].dim(self.0))
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: concat

impl<T: Float> Var<T> {
    /// The variables one after the other along an axis (`torch.cat`).
    ///
    /// # Panics
    /// When there are none, or their other axes differ.
    #[track_caller]
    pub fn concat(variables: &[&Var<T>], axis: isize) -> Var<T> {
        let Some(first) = variables.first() else { fail("concat", format_args!("of nothing")) };
        apply(Concat(axis_index("concat", axis, first.shape().len()) as isize), variables)
    }
}
