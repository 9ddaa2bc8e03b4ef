//! The first rung: convolution by its definition, and its gradients by the chain rule. Seven loops; the oracle of the
//! others.
//!
//! Shapes: `x` is `[batch, in, h, w]`, `weight` is `[out, in / groups, kh, kw]`, `y` is `[batch, out, oh, ow]`.
//!
//! `y[n, o, i, j] = bias[o] + sum_{c, u, v} weight[o, c, u, v] x[n, first + c, i s + u d - p, j s + v d - p]`, where `x` is 0
//! outside the image, `s` is the stride, `p` the padding, `d` the dilation (1, until the next page of the chapter explains it) and
//! `first` the first input channel of `o`'s group. With `g = dL/dy`, each product
//! `weight[o, c, u, v] x[n, first + c, ..]` in that sum sends `g[n, o, i, j]` times one of its factors to the gradient of
//! the other.

use ch01_tensors::{Array, Float, fail};
use ch15_convolution::{Conv2dOptions, Window};

// ANCHOR: forward
/// The convolution of `x` with `weight` (`torch.nn.functional.conv2d`), by its definition. Slow.
///
/// # Panics
/// When the axes do not fit.
#[track_caller]
pub fn conv2d_naive<T: Float>(
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
    options: Conv2dOptions,
) -> Array<T> {
    let window = window(x, weight, options);
    let [height, width] = window.output();
    let mut y = Array::zeros([x.dim(0), weight.dim(0), height, width]);
    let start = |o: usize| bias.map_or(T::ZERO, |bias| bias[[o]]);
    // The first input channel that output channel o sees. With one group: 0.
    let first = |o: usize| o / (weight.dim(0) / options.groups) * weight.dim(1);
    // exercise: forward - For each image n, output channel o and position (i, j): begin with `start(o)` and add, over all
    // channels c below weight.dim(1) and taps (u, v), weight times input; c stands for input channel `first(o) + c`.
    // `window.source(0, i, u)` is the row of the image that tap u sees at position i, and `window.source(1, j, v)` the
    // column; None means padding, which adds nothing. Write y[[n, o, i, j]].
    for n in 0..x.dim(0) {
        for o in 0..weight.dim(0) {
            for (i, j) in pairs([height, width]) {
                let mut sum = start(o);
                for c in 0..weight.dim(1) {
                    for (u, v) in pairs(window.kernel) {
                        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
                            sum += weight[[o, c, u, v]] * x[[n, first(o) + c, row, col]];
                        }
                    }
                }
                y[[n, o, i, j]] = sum;
            }
        }
    }
    // exercise: end
    y
}
// ANCHOR_END: forward

// ANCHOR: backward
/// `(dL/dx, dL/dweight)` for `grad = dL/dy`, by the chain rule. (The gradient of the bias is the sum of `grad` over all axes
/// but the channels.)
///
/// # Panics
/// When the axes do not fit.
#[track_caller]
pub fn conv2d_naive_gradients<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    weight: &Array<T>,
    options: Conv2dOptions,
) -> (Array<T>, Array<T>) {
    let window = window(x, weight, options);
    let (mut dx, mut dweight) = (x.zeros_like(), weight.zeros_like());
    let first = |o: usize| o / (weight.dim(0) / options.groups) * weight.dim(1);
    // exercise: backward - Go through the same products as the forward pass. Each, `weight[o, c, u, v] *
    // x[n, first(o) + c, row, col]`, is part of y[n, o, i, j]: add g times the other factor to the gradient of each factor.
    for n in 0..x.dim(0) {
        for o in 0..weight.dim(0) {
            for (i, j) in pairs(window.output()) {
                let g = grad[[n, o, i, j]];
                for c in 0..weight.dim(1) {
                    for (u, v) in pairs(window.kernel) {
                        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
                            dx[[n, first(o) + c, row, col]] += g * weight[[o, c, u, v]];
                            dweight[[o, c, u, v]] += g * x[[n, first(o) + c, row, col]];
                        }
                    }
                }
            }
        }
    }
    // exercise: end
    (dx, dweight)
}
// ANCHOR_END: backward

#[track_caller]
fn window<T: Float>(x: &Array<T>, weight: &Array<T>, options: Conv2dOptions) -> Window {
    let groups = options.groups;
    if groups == 0 || x.dim(1) != weight.dim(1) * groups || !weight.dim(0).is_multiple_of(groups) {
        let (x, weight) = (x.shape(), weight.shape());
        fail(
            "conv2d_naive",
            format_args!("input {x:?} and weight {weight:?} do not fit, with {groups} groups"),
        );
    }
    options.window("conv2d_naive", [x.dim(2), x.dim(3)], [weight.dim(2), weight.dim(3)])
}

/// All `(i, j)` below the two ends, row by row.
fn pairs([rows, cols]: [usize; 2]) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |i| (0..cols).map(move |j| (i, j)))
}
