//! Flatten: all axes but the first as one (`torch.nn.Flatten`), between convolutions and linear layers.
//!
//! Shapes: `x` is `[batch, ..]`, `y` is `[batch, rest]`; a vector `[batch]` becomes `[batch, 1]`. The numbers stay where
//! they are, so forward costs nothing for a contiguous input, and backward is the same numbers under the old shape.
//!
//! Left out: PyTorch's `start_dim` and `end_dim`.

use ch01_tensors::{Array, Float, Shape, fail};
use ch05_backprop::{Layer, Module, Visitor};

/// `[batch, ..]` to `[batch, rest]`.
#[derive(Default)]
pub struct Flatten {
    /// The input shapes of forward calls that have not been gone back through.
    shapes: Vec<Shape>,
}

impl Flatten {
    /// A layer that keeps the first axis and makes one of the rest.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The rest is multiplied out rather than left to `reshape`, which cannot work it out for an empty batch.
#[track_caller]
fn flat<T: Float>(x: Array<T>) -> Array<T> {
    let shape = *x.shape();
    match shape.split_first() {
        Some((&batch, rest)) => x.reshape([batch, rest.iter().product()]),
        None => fail("Flatten", format_args!("a single number has no batch axis to keep")),
    }
}

impl<T: Float> Layer<T> for Flatten {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let shape = *x.shape();
        let y = flat(x);
        self.shapes.push(shape);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(shape) = self.shapes.pop() else {
            fail("Flatten::backward", format_args!("no forward call to go back through"))
        };
        let output = [shape[0], shape[1..].iter().product()];
        if *grad.shape() != output {
            let grad = grad.shape();
            fail(
                "Flatten::backward",
                format_args!("a gradient of shape {grad:?} for an output of {output:?}"),
            );
        }
        grad.reshape(shape)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        flat(x)
    }
}

impl<T: Float> Module<T> for Flatten {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}
