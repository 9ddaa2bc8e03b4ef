//! The fourth rung: convolution without a matrix of patches, in 512-bit vectors. In use for few channels and few images.
//!
//! The product `y = W P` of the second rung reads every number of the image nine times from a matrix (for a 3x3 kernel) that
//! first has to be written. But the row of that matrix that belongs to tap `(c, u, v)` is the image itself, read from another
//! place on: with stride 1, its element `(i, j)` is the number at `(i + u, j + v)` of the padded channel `c`. So the image is
//! copied once, with its border of zeros, into a buffer that stays in the cache, and a tap is only an offset into it.
//!
//! - Forward: sixteen neighbouring positions are a vector. A tile is a few output channels by a few vectors, all in registers;
//!   for each tap, every vector is multiplied by the channel's weight and added. See [`kernels::forward`].
//! - The gradient of the input is the same convolution of the output's gradient, with the kernel flipped and the roles
//!   of the channels swapped: `x[c, i]` is part of `y[o, i + p - u]` with weight `w[o, c, u]`, for each `o` and `u`; so
//!   `dx[c, i] = sum_{o, u} w[o, c, u] g[o, i + p - u]`, and with `u = k - 1 - u'` the positions ascend again:
//!   a convolution with padding `k - 1 - p`.
//! - The gradient of the weights, `sum g[o, i, j] x[c, i + u, j + v]`, is a dot product of two such rows: a tile is a few
//!   output channels by a few taps, a vector of partial sums each. See [`kernels::weight_gradient`].
//!
//! What is cut into tasks, and in what order is summed, depends on the sizes alone: the same bits on any number of threads.
//!
//! Only for f32, stride 1, and outputs whose width is a multiple of 8 and whose positions are a multiple of 16. The rest goes
//! to the third rung.

use ch01_tensors::Tensor;

use crate::Conv2dOptions;
use crate::problem::{Problem, check_bias};

#[cfg(target_arch = "x86_64")]
mod kernels;
#[cfg(target_arch = "x86_64")]
mod passes;

#[cfg(target_arch = "x86_64")]
pub(crate) use passes::{fits, forward, input_gradient, panels, weight_gradient};

#[cfg(not(target_arch = "x86_64"))]
mod nothing {
    use ch01_tensors::Tensor;

    use crate::problem::Problem;

    pub fn fits(_: &Problem) -> bool {
        false
    }

    pub fn panels(_: &Problem, _: &Tensor) -> Tensor {
        unreachable!("nothing fits")
    }

    pub fn forward(_: &Problem, _: &Tensor, _: &Tensor, _: Option<&Tensor>) -> Tensor {
        unreachable!("nothing fits")
    }

    pub fn input_gradient(_: &Problem, _: &Tensor, _: &Tensor) -> Option<Tensor> {
        None
    }

    pub fn weight_gradient(_: &Problem, _: &Tensor, _: &Tensor) -> Option<Tensor> {
        None
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use nothing::{fits, forward, input_gradient, panels, weight_gradient};

/// [`conv2d`](crate::conv2d) by the fourth rung, for comparison; None for what it cannot do.
///
/// # Panics
/// As [`conv2d`](crate::conv2d).
#[track_caller]
pub fn conv2d_direct(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: Conv2dOptions,
) -> Option<Tensor> {
    let problem = Problem::new("conv2d_direct", x.shape(), weight.shape(), options);
    check_bias("conv2d_direct", bias, problem.outputs);
    fits(&problem).then(|| forward(&problem, x, &panels(&problem, weight), bias))
}

/// [`conv2d_input_gradient`](crate::conv2d_input_gradient) by the fourth rung; None for what it cannot do.
///
/// # Panics
/// As [`conv2d_backward`](crate::conv2d_backward).
#[track_caller]
pub fn conv2d_direct_input_gradient(
    grad: &Tensor,
    x: &Tensor,
    weight: &Tensor,
    options: Conv2dOptions,
) -> Option<Tensor> {
    let problem = Problem::with_gradient("conv2d_direct", grad.shape(), x.shape(), weight.shape(), options);
    input_gradient(&problem, grad, weight)
}

/// [`conv2d_weight_gradient`](crate::conv2d_weight_gradient) by the fourth rung; None for what it cannot do.
///
/// # Panics
/// As [`conv2d_backward`](crate::conv2d_backward).
#[track_caller]
pub fn conv2d_direct_weight_gradient(
    grad: &Tensor,
    x: &Tensor,
    weight: &Tensor,
    options: Conv2dOptions,
) -> Option<Tensor> {
    let problem = Problem::with_gradient("conv2d_direct", grad.shape(), x.shape(), weight.shape(), options);
    weight_gradient(&problem, grad, x)
}
