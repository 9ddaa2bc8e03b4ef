//! Convolution in use: one function for each pass, which checks the sizes and picks the fastest rung that can do it.
//!
//! Followed: `torch.nn.functional.conv2d` (a cross-correlation: the kernel is not flipped). Left out: padding given as a word
//! ("same", "valid") and other borders than zeros.

use std::any::Any;

use ch01_tensors::{Array, Float, Shape, Tensor};

use crate::kept::{Kept, Way};
use crate::problem::{Problem, check_bias};
use crate::{Conv2dOptions, direct, groups, lowered, panels, winograd};

/// Fewer images than these are few: whatever is done once for all of them takes a good part of the time.
pub(crate) const FEW: usize = 8;

// ANCHOR: conv2d
/// `y[n, o, i, j] = bias[o] + sum weight[o, c, u, v] x[n, first + c, i s + u d - p, j s + v d - p]` over `c`, `u` and `v`
/// (`torch.nn.functional.conv2d`): `x` is `[batch, in, height, width]`, `weight` is
/// `[out, in / groups, kernel height, kernel width]`, `bias` is `[out]`, `y` is `[batch, out, ..]`, and `first` is the first
/// input channel of `o`'s group.
///
/// # Panics
/// When the axes do not fit, or the kernel is larger than the padded image.
#[track_caller]
pub fn conv2d<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
) -> Array<T> {
    conv2d_keeping(x, weight, bias, options, None)
}

/// As [`conv2d`]; the form in which few images need the weights is taken from `kept`, or left there for the next call.
#[track_caller]
pub(crate) fn conv2d_keeping<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
    kept: Option<&Kept>,
) -> Array<T> {
    let problem = Problem::new("conv2d", x.shape(), weight.shape(), options);
    check_bias("conv2d", bias, problem.outputs);
    if options.groups > 1 {
        return groups::forward(&problem, x, weight, bias, options);
    }
    let kept = kept.filter(|_| problem.batch < FEW);
    in_f32([Some(x), Some(weight), bias], |[x, weight, bias]| {
        let (x, weight) = (x?, weight?);
        let form = |way: Way| match kept {
            Some(kept) => kept.form(way, &problem, weight),
            None => way.form(&problem, weight),
        };
        if winograd::fits(&problem, kept.is_some()) {
            return Some(winograd::forward(&problem, x, &form(Way::Winograd), bias));
        }
        direct::fits(&problem).then(|| direct::forward(&problem, x, &form(Way::Direct), bias))
    })
    .unwrap_or_else(|| match problem.window.kernel {
        // The matrix of patches is the image: nothing to gain by making it in parts.
        [1, 1] => lowered::forward(&problem, x, weight, bias),
        _ => panels::forward(&problem, x, weight, bias),
    })
}

/// `(dL/dx, dL/dweight)` for `grad = dL/dy`. The gradient of the bias is [`conv2d_bias_gradient`].
///
/// # Panics
/// As [`conv2d`], and when `grad` does not have the shape of the output.
#[track_caller]
pub fn conv2d_backward<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> (Array<T>, Array<T>) {
    let dx = conv2d_input_gradient(grad, x, weight, options);
    (dx, conv2d_weight_gradient(grad, x, weight, options))
}
// ANCHOR_END: conv2d

/// `dL/dx` alone.
///
/// # Panics
/// As [`conv2d_backward`].
#[track_caller]
pub fn conv2d_input_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    input_gradient_for("conv2d_backward", grad, x.shape(), weight, options)
}

/// `dL/dx` for an input of shape `x`. The numbers of the input are not needed.
#[track_caller]
pub(crate) fn input_gradient_for<T: Float>(
    operation: &str,
    grad: &Array<T>,
    x: &Shape,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient(operation, grad.shape(), x, weight.shape(), options);
    if options.groups > 1 {
        return groups::input_gradient(&problem, grad, weight, options);
    }
    in_f32([Some(grad), Some(weight)], |[grad, weight]| {
        if winograd::fits(&problem, false) {
            return Some(winograd::input_gradient(&problem, grad?, weight?));
        }
        direct::input_gradient(&problem, grad?, weight?)
    })
    .unwrap_or_else(|| match problem.window.kernel {
        // The matrix of patches is the image: nothing to gain by making it in parts.
        [1, 1] => lowered::input_gradient(&problem, grad, weight),
        _ => panels::input_gradient(&problem, grad, weight),
    })
}

/// `dL/dweight` alone: the first layer of a network needs no more.
///
/// # Panics
/// As [`conv2d_backward`].
#[track_caller]
pub fn conv2d_weight_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient("conv2d_backward", grad.shape(), x.shape(), weight.shape(), options);
    if options.groups > 1 {
        return groups::weight_gradient(&problem, grad, x, weight, options);
    }
    in_f32([Some(grad), Some(x)], |[grad, x]| {
        if winograd::fits(&problem, false) {
            return Some(winograd::weight_gradient(&problem, grad?, x?));
        }
        // With many channels the third rung is as good.
        if problem.inputs >= 16 {
            return None;
        }
        direct::weight_gradient(&problem, grad?, x?)
    })
    .unwrap_or_else(|| match problem.window.kernel {
        // The matrix of patches is the image: nothing to gain by making it in parts.
        [1, 1] => lowered::weight_gradient(&problem, grad, x),
        _ => panels::weight_gradient(&problem, grad, x),
    })
}

/// `dL/dbias`, `[out]`: the bias is part of every position of its channel, in every image.
pub fn conv2d_bias_gradient<T: Float>(grad: &Array<T>) -> Array<T> {
    grad.sum(&[0, 2, 3][..], false)
}

/// [`conv2d`] by the second rung, for comparison: patches as columns, and a product of matrices.
///
/// # Panics
/// As [`conv2d`].
#[track_caller]
pub fn conv2d_im2col<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem =
        Problem::new("conv2d_im2col", x.shape(), weight.shape(), options).ungrouped("conv2d_im2col");
    check_bias("conv2d_im2col", bias, problem.outputs);
    lowered::forward(&problem, x, weight, bias)
}

/// [`conv2d_input_gradient`] by the second rung.
///
/// # Panics
/// As [`conv2d_backward`].
#[track_caller]
pub fn conv2d_im2col_input_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient("conv2d_im2col", grad.shape(), x.shape(), weight.shape(), options)
        .ungrouped("conv2d_im2col");
    lowered::input_gradient(&problem, grad, weight)
}

/// [`conv2d_weight_gradient`] by the second rung.
///
/// # Panics
/// As [`conv2d_backward`].
#[track_caller]
pub fn conv2d_im2col_weight_gradient<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    let problem = Problem::with_gradient("conv2d_im2col", grad.shape(), x.shape(), weight.shape(), options)
        .ungrouped("conv2d_im2col");
    lowered::weight_gradient(&problem, grad, x)
}

/// `f` of the arrays, if they are arrays of f32 and `f` has an answer.
fn in_f32<T: Float, const N: usize>(
    arrays: [Option<&Array<T>>; N],
    f: impl FnOnce([Option<&Tensor>; N]) -> Option<Tensor>,
) -> Option<Array<T>> {
    let mut result = f(arrays.map(|array| (array? as &dyn Any).downcast_ref::<Tensor>()));
    (&mut result as &mut dyn Any).downcast_mut::<Option<Array<T>>>()?.take()
}
