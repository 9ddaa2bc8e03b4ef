//! The fifth rung: fewer multiplications (Winograd 1980; Lavin and Gray 2016), for kernels of 3x3 with stride 1 and padding 1.
//!
//! Four neighbouring outputs of a kernel of three taps are numbers of a product of polynomials, turned round. A product of
//! polynomials can be had by evaluating both factors at some points, multiplying value by value, and finding the polynomial
//! with these values. Four outputs need 6 points and so 6 products instead of 12. In two dimensions, a tile of 4x4 outputs
//! needs 36 instead of 144:
//!
//! ```text
//! y = Aᵀ [ (G w Gᵀ) * (Bᵀ x B) ] A        x: 6x6 numbers of the image, w: 3x3, y: 4x4
//! ```
//!
//! With many channels the star is a sum over input channels: for each of the 36 points a product of matrices,
//! `[outputs, inputs] [inputs, tiles]`. A block of tiles goes through all three steps in a buffer that stays in the
//! second-level cache.
//!
//! - The gradient of the input is the same convolution of the output's gradient, with the kernel flipped and the channels'
//!   roles swapped.
//! - The gradient of the weights is the transpose of what makes `y` of `w`: `Gᵀ [ sum over tiles (A g Aᵀ) * (Bᵀ x B) ] G`.
//!
//! The points are 0, ±sqrt(1/2), ±sqrt(2) and infinity. Whole numbers, 0, ±1, ±2, would make multiplications simpler, which
//! costs nothing here, and the error twice as large: values of a polynomial at ±2 reach 2⁵ times its coefficients.
//!
//! What is cut into tasks, and in what order is summed, depends on the sizes alone: the same bits on any number of threads.
//! The error: with 64 channels a sum of k products of numbers of size 1 is off by about 8e-7 sqrt(k), nearly twice as much as
//! the sum of the definition in 32 bits (`examples/ladder`). Training does not notice.
//!
//! An infinity in the image becomes NaN in the whole tile, as it is added to others.

mod kernels;
mod lanes;
mod passes;
mod tiles;
mod transforms;
#[cfg(target_arch = "x86_64")]
mod x86;

use ch01_tensors::{Shape, Tensor, fail};

use crate::Conv2dOptions;
use crate::problem::{Problem, check_bias};

pub(crate) use passes::{fits, forward, input_gradient, points, weight_gradient};

/// Points in two dimensions.
const POINTS: usize = 36;

/// [`conv2d`](crate::conv2d) by the fifth rung, for comparison: a kernel of 3x3, stride 1, padding 1.
///
/// # Panics
/// As [`conv2d`](crate::conv2d), and for other kernels, or without images or channels.
#[track_caller]
pub fn conv2d_winograd(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let problem = problem(x.shape(), weight.shape());
    check_bias("conv2d_winograd", bias, problem.outputs);
    forward(&problem, x, &points(&problem, weight), bias)
}

/// [`conv2d_input_gradient`](crate::conv2d_input_gradient) by the fifth rung.
///
/// # Panics
/// As [`conv2d_winograd`].
#[track_caller]
pub fn conv2d_winograd_input_gradient(grad: &Tensor, x: &Tensor, weight: &Tensor) -> Tensor {
    input_gradient(&with_gradient(grad, x, weight), grad, weight)
}

/// [`conv2d_weight_gradient`](crate::conv2d_weight_gradient) by the fifth rung.
///
/// # Panics
/// As [`conv2d_winograd`].
#[track_caller]
pub fn conv2d_winograd_weight_gradient(grad: &Tensor, x: &Tensor, weight: &Tensor) -> Tensor {
    weight_gradient(&with_gradient(grad, x, weight), grad, x)
}

const SAME: Conv2dOptions = Conv2dOptions { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };

#[track_caller]
fn problem(x: &Shape, weight: &Shape) -> Problem {
    let problem = Problem::new("conv2d_winograd", x, weight, SAME);
    if !passes::is_possible(&problem) {
        fail("conv2d_winograd", format_args!("cannot take an input of {x:?} with a weight of {weight:?}"));
    }
    problem
}

#[track_caller]
fn with_gradient(grad: &Tensor, x: &Tensor, weight: &Tensor) -> Problem {
    problem(x.shape(), weight.shape());
    Problem::with_gradient("conv2d_winograd", grad.shape(), x.shape(), weight.shape(), SAME)
}
