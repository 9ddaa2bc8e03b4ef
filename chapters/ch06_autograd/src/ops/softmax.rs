//! Softmax and log-softmax on the tape. Both rules need only the output.

use ch01_tensors::{Array, Float, axis_index};

use crate::{Operation, Var, apply, log_softmax_gradient, softmax_gradient};

struct Softmax(isize);

impl<T: Float> Operation<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn key(&self) -> Option<String> {
        Some(format!("softmax {}", self.0))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        ch03_neurons::softmax(x[0].clone(), self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], y: &Var<T>) -> Var<T> {
        softmax_gradient(grad, y, self.0)
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

struct LogSoftmax(isize);

impl<T: Float> Operation<T> for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn key(&self) -> Option<String> {
        Some(format!("log_softmax {}", self.0))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        ch03_neurons::log_softmax(x[0].clone(), self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], y: &Var<T>) -> Var<T> {
        log_softmax_gradient(grad, y, self.0)
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

impl<T: Float> Var<T> {
    /// `e^x` along an axis, divided by its sum (`torch.softmax`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn softmax(&self, axis: isize) -> Var<T> {
        apply(Softmax(axis_index("softmax", axis, self.shape().len()) as isize), &[self])
    }

    /// The logarithm of softmax, without its loss of digits (`torch.log_softmax`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn log_softmax(&self, axis: isize) -> Var<T> {
        apply(LogSoftmax(axis_index("log_softmax", axis, self.shape().len()) as isize), &[self])
    }
}
