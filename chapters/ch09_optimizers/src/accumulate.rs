//! Large batches in small parts: gradients add up over several backward passes before one step.
//!
//! The loss of a part of `n` examples is a mean over `n`. Weighted by `n`, added up and divided by the number of all
//! examples, the gradients of the parts are the gradient of the mean over the whole batch, also if the last part is
//! smaller. (Layers that look at the whole batch, BatchNorm above all, still see only the part.)

use ch01_tensors::{Float, fail};
use ch05_backprop::{Module, for_each_param};
use ch09_optimizers::scale;

// ANCHOR: accumulate
/// Counts the examples whose gradients have been added up.
///
/// ```
/// # use ch01_tensors::{Array, Rng, Tensor};
/// # use ch04_losses::{Reduction, mse, mse_backward};
/// # use ch05_backprop::{Layer, Linear};
/// # use ch09_optimizers::Accumulation;
/// # let mut model = Linear::new(2, 1, &mut Rng::new(0, "example"));
/// # let parts = [(Tensor::ones([3, 2]), Tensor::ones([3, 1])), (Tensor::ones([1, 2]), Tensor::ones([1, 1]))];
/// let mut accumulation = Accumulation::default();
/// for (x, target) in parts {
///     let weight = accumulation.add(x.dim(0));
///     let y = model.forward(x);
///     model.backward(mse_backward(&Array::scalar(weight as f32), &y, &target, Reduction::Mean));
/// }
/// accumulation.finish(&mut model);
/// // Now the optimizer's step.
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accumulation {
    examples: usize,
}

impl Accumulation {
    /// Counts a part of so many examples. Returns the gradient to begin its backward pass with, instead of 1.
    ///
    /// # Panics
    /// When the part is empty.
    #[track_caller]
    pub fn add(&mut self, examples: usize) -> f64 {
        if examples == 0 {
            fail("Accumulation", format_args!("a part without examples"));
        }
        // exercise: add - The loss of the part is a mean over `examples`: how much does it count?
        self.examples += examples;
        examples as f64
        // exercise: end
    }

    /// Makes the sums of the gradients means over all examples counted, and begins anew. To be called before clipping.
    ///
    /// # Panics
    /// When nothing was added.
    #[track_caller]
    pub fn finish<T: Float>(&mut self, module: &mut dyn Module<T>) {
        if self.examples == 0 {
            fail("Accumulation", format_args!("a step without a backward pass"));
        }
        // exercise: finish - Divide the gradients of all parameters by the number of examples (`for_each_param`, `scale`),
        // and count from 0 again.
        let factor = 1.0 / self.examples as f64;
        for_each_param(module, |_, param| scale(&mut param.grad, factor));
        self.examples = 0;
        // exercise: end
    }
}
// ANCHOR_END: accumulate
