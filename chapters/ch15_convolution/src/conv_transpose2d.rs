//! Transposed convolution: from a small map to a large one (`torch.nn.functional.conv_transpose2d`).
//!
//! A convolution is linear: with `x` as one long vector, `y = A x`, and the gradient of its input is `Aᵀ g`. The transposed
//! convolution is that `Aᵀ`, used forward: **its forward pass is [`conv2d`]'s gradient of the input**, its gradient of the input is
//! [`conv2d`] itself, and its gradient of the weight is [`conv2d`]'s with the roles of `x` and `g` exchanged. Nothing new is computed here.
//!
//! `x` is `[batch, in, h, w]`, `weight` is `[in, out / groups, kh, kw]`, `y` is `[batch, out, oh, ow]`: every number of `x` adds
//! its multiple of the kernel to `y`, `y[n, first + o, i s + u d - p, ..] += weight[c, o, u, v] x[n, c, i, j]`, and
//! `oh = (h - 1) s - 2 p + (kh - 1) d + 1 + extra`. With stride `s`, sizes of `s` neighbours are all shrunk to the same `h` by a
//! convolution; `output_padding`, the `extra`, says which of them is meant.
//!
//! Left out: `output_padding` of the stride or more, which PyTorch permits below the dilation.

use ch01_tensors::{Array, Float, Shape, fail};

use crate::conv2d::input_gradient_for;
use crate::{Conv2dOptions, conv2d, conv2d_weight_gradient};

/// How a transposed convolution moves: [`Conv2dOptions`], and which of the possible sizes its output has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConvTranspose2dOptions {
    /// The convolution whose transpose it is.
    pub conv: Conv2dOptions,
    /// Rows and columns that the output has more at its far edges than the smallest possible: less than the stride.
    pub output_padding: [usize; 2],
}

/// The shape of the output.
#[track_caller]
fn output_shape(operation: &str, x: &Shape, weight: &Shape, options: ConvTranspose2dOptions) -> Shape {
    let Conv2dOptions { stride, padding, dilation, groups } = options.conv;
    if x.len() != 4 || weight.len() != 4 || x[1] != weight[0] || groups == 0 || !x[1].is_multiple_of(groups) {
        let rule = "are not [batch, in, height, width] and [in, out / groups, height, width]";
        fail(operation, format_args!("input {x:?} and weight {weight:?} {rule}, with {groups} groups"));
    }
    let extra = options.output_padding;
    if (0..2).any(|i| extra[i] >= stride[i]) {
        fail(operation, format_args!("an output padding of {extra:?} is not below the stride {stride:?}"));
    }
    let side = |i: usize| {
        let reach =
            (x[2 + i].max(1) - 1) * stride[i] + weight[2 + i].max(1).saturating_sub(1) * dilation[i] + 1;
        (reach + extra[i]).saturating_sub(2 * padding[i])
    };
    if x[2] * x[3] == 0 || side(0) * side(1) == 0 {
        fail(operation, format_args!("input {x:?} with padding {padding:?} leaves nothing"));
    }
    Shape::from([x[0], weight[1] * groups, side(0), side(1)])
}

// ANCHOR: forward
/// The transposed convolution of `x`, `[batch, in, h, w]`, with `weight`, `[in, out / groups, kh, kw]`: `[batch, out, ..]`.
///
/// # Panics
/// When the axes do not fit, `output_padding` is not below the stride, or the padding takes everything away.
#[track_caller]
pub fn conv_transpose2d<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: ConvTranspose2dOptions,
) -> Array<T> {
    let shape = output_shape("conv_transpose2d", x.shape(), weight.shape(), options);
    let y = input_gradient_for("conv_transpose2d", x, &shape, weight, options.conv);
    match bias {
        Some(bias) if *bias.shape() == [shape[1]] => y + &bias.clone().reshape([shape[1], 1, 1]),
        Some(bias) => {
            let (bias, outputs) = (bias.shape(), shape[1]);
            fail("conv_transpose2d", format_args!("a bias of shape {bias:?} for {outputs} output channels"))
        }
        None => y,
    }
}

/// `(dL/dx, dL/dweight)` for `grad = dL/dy`. The gradient of the bias is [`conv2d_bias_gradient`](crate::conv2d_bias_gradient).
///
/// # Panics
/// As [`conv_transpose2d`], and when `grad` does not have the shape of the output.
#[track_caller]
pub fn conv_transpose2d_backward<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: ConvTranspose2dOptions,
) -> (Array<T>, Array<T>) {
    let shape = output_shape("conv_transpose2d_backward", x.shape(), weight.shape(), options);
    if *grad.shape() != shape {
        let grad = grad.shape();
        fail(
            "conv_transpose2d_backward",
            format_args!("a gradient of shape {grad:?} for an output of {shape:?}"),
        );
    }
    let dx = conv2d(grad, weight, None, options.conv);
    (dx, conv2d_weight_gradient(x, grad, weight, options.conv))
}
// ANCHOR_END: forward
