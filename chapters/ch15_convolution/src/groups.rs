//! Groups: channels cut into parts, each of which is a convolution of its own (`groups` of `torch.nn.functional.conv2d`).
//!
//! With `G` groups, `[batch, in, ..]` is cut into `G` times `[batch, in / G, ..]`, the weight into `G` times
//! `[out / G, in / G, ..]`, and so is everything else. Each part goes the way of an ungrouped convolution; a group of a single
//! channel has a way of its own, [`depthwise`].

use ch01_tensors::{Array, Float};

use crate::conv2d::input_gradient_for;
use crate::problem::Problem;
use crate::{Conv2dOptions, conv2d, conv2d_weight_gradient, depthwise};

/// The part of an array that belongs to a group: every `count` neighbours of `axis` are one.
fn part<T: Float>(array: &Array<T>, axis: isize, groups: usize, group: usize) -> Array<T> {
    let size = array.dim(axis) / groups;
    array.narrow(axis, group * size, size)
}

/// The results of all groups, side by side along `axis`.
fn together<T: Float>(groups: usize, axis: isize, of_group: impl Fn(usize) -> Array<T>) -> Array<T> {
    let parts: Vec<Array<T>> = (0..groups).map(of_group).collect();
    Array::concat(&parts.iter().collect::<Vec<_>>(), axis)
}

// ANCHOR: forward
/// `y`, group by group; the sizes are checked.
pub(crate) fn forward<T: Float>(
    problem: &Problem,
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
) -> Array<T> {
    if depthwise::fits(problem) {
        return depthwise::forward(problem, x, weight, bias);
    }
    let (groups, one) = (options.groups, Conv2dOptions { groups: 1, ..options });
    together(groups, 1, |group| {
        let bias = bias.map(|bias| part(bias, 0, groups, group));
        conv2d(&part(x, 1, groups, group), &part(weight, 0, groups, group), bias.as_ref(), one)
    })
}
// ANCHOR_END: forward

/// `dL/dx`, group by group.
pub(crate) fn input_gradient<T: Float>(
    problem: &Problem,
    grad: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    if depthwise::fits(problem) {
        return depthwise::input_gradient(problem, grad, weight);
    }
    let (groups, one) = (options.groups, Conv2dOptions { groups: 1, ..options });
    let input = Problem { inputs: problem.inputs / groups, ..*problem }.input_shape();
    together(groups, 1, |group| {
        let (grad, weight) = (part(grad, 1, groups, group), part(weight, 0, groups, group));
        input_gradient_for("conv2d_backward", &grad, &input, &weight, one)
    })
}

/// `dL/dweight`, group by group.
pub(crate) fn weight_gradient<T: Float>(
    problem: &Problem,
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> Array<T> {
    if depthwise::fits(problem) {
        return depthwise::weight_gradient(problem, grad, x);
    }
    let (groups, one) = (options.groups, Conv2dOptions { groups: 1, ..options });
    together(groups, 0, |group| {
        let (grad, x) = (part(grad, 1, groups, group), part(x, 1, groups, group));
        conv2d_weight_gradient(&grad, &x, &part(weight, 0, groups, group), one)
    })
}
