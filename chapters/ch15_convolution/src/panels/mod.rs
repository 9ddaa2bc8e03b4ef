//! The third rung: the product of the second, whose matrix is never there as a whole (an *implicit* product of matrices). In use
//! where the rungs above have nothing better: in f64, for strides, on processors without 512-bit vectors.
//!
//! The matrix of patches has a row for each tap. With stride 1 that row is the image itself, with its border, read from another
//! place on. So the image is copied once into a buffer with the border, and rows of the matrix are copies of parts
//! of it, a few positions at a time: as many as the cache has room for, never the whole. With another stride `s` the buffer
//! holds every `s`th row and column side by side, and the same is true of each of its `s²` parts.
//!
//! - Forward: `y = W P` for some rows of positions at a time.
//! - The gradient of the input: rows and columns of `x` with the same remainder, divided by the stride, see the same taps, and each
//!   such part of `dx` is a convolution with stride 1 of the output's gradient: with the kernel's taps of that
//!   remainder, in reverse, and the roles of the channels swapped. Nothing is multiplied by the zeros between.
//! - The gradient of the weights: `g Pᵀ`, summed over images in groups of a fixed size, then over the groups in order.
//!
//! What is cut into tasks, and in what order is summed, depends on the sizes alone: the same bits on any number of threads.

mod job;
mod passes;
pub(crate) mod source;

use ch01_tensors::{Array, Float};

use crate::Conv2dOptions;
use crate::problem::{Problem, check_bias};

pub(crate) use passes::{forward, input_gradient, of_input, weight_gradient};

/// [`conv2d`](crate::conv2d) by the third rung, for comparison.
///
/// # Panics
/// As [`conv2d`](crate::conv2d).
#[track_caller]
pub fn conv2d_panels<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem =
        Problem::new("conv2d_panels", x.shape(), weight.shape(), options).ungrouped("conv2d_panels");
    check_bias("conv2d_panels", bias, problem.outputs);
    forward(&problem, x, weight, bias)
}

/// [`conv2d_input_gradient`](crate::conv2d_input_gradient) by the third rung.
///
/// # Panics
/// As [`conv2d_backward`](crate::conv2d_backward).
#[track_caller]
pub fn conv2d_panels_input_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient("conv2d_panels", grad.shape(), x.shape(), weight.shape(), options)
        .ungrouped("conv2d_panels");
    input_gradient(&problem, grad, weight)
}

/// [`conv2d_weight_gradient`](crate::conv2d_weight_gradient) by the third rung.
///
/// # Panics
/// As [`conv2d_backward`](crate::conv2d_backward).
#[track_caller]
pub fn conv2d_panels_weight_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient("conv2d_panels", grad.shape(), x.shape(), weight.shape(), options)
        .ungrouped("conv2d_panels");
    weight_gradient(&problem, grad, x)
}
