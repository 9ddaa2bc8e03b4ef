//! Average pooling: the mean of each window (`torch.nn.functional.avg_pool2d`), and of each whole channel
//! (`adaptive_avg_pool2d(x, 1)`).
//!
//! Shapes as for max pooling. `y[i, j] = sum_{u, v} x[i s + u - p, j s + v - p] / (kh kw)`, the padding counted as zeros, so
//! every number of a window receives `g / (kh kw)`. Left out: `count_include_pad=False`, `ceil_mode`.

use ch01_tensors::{Array, Float, Shape, fail};
use ch03_neurons::simd;
use rayon::prelude::*;

use crate::{Pool2dOptions, planes_together, pooled_shape};

// ANCHOR: avg_pool2d
/// The mean of each window of `x`, `[batch, channels, h, w]`.
///
/// # Panics
/// When the window does not fit.
#[track_caller]
pub fn avg_pool2d<T: Float>(x: &Array<T>, options: Pool2dOptions) -> Array<T> {
    let window = options.window("avg_pool2d", x.shape());
    let x = x.clone().contiguous();
    let mut y = Array::scratch(pooled_shape(x.shape(), &window));
    let (input, [height, width]) = (window.input[0] * window.input[1], window.output());
    let share = T::from_f64(1.0 / (window.kernel[0] * window.kernel[1]) as f64);
    let planes = y.data_mut().par_chunks_mut((height * width).max(1)).zip(x.data().par_chunks(input.max(1)));
    planes.with_min_len(planes_together(input)).for_each(|(y, x)| {
        for (number, y) in y.iter_mut().enumerate() {
            let (i, j) = (number / width, number % width);
            let mut sum = T::ZERO;
            for row in (0..window.kernel[0]).filter_map(|u| window.source(0, i, u)) {
                for col in (0..window.kernel[1]).filter_map(|v| window.source(1, j, v)) {
                    sum += x[row * window.input[1] + col];
                }
            }
            *y = sum * share;
        }
    });
    y
}

/// `dL/dx` in the shape `input` of `x`, for `grad = dL/dy`.
///
/// # Panics
/// When `grad` does not have the shape of the output for such an input.
#[track_caller]
pub fn avg_pool2d_backward<T: Float>(grad: &Array<T>, input: &Shape, options: Pool2dOptions) -> Array<T> {
    let window = options.window("avg_pool2d_backward", input);
    let shape = pooled_shape(input, &window);
    if *grad.shape() != shape {
        let grad = grad.shape();
        fail("avg_pool2d_backward", format_args!("a gradient of shape {grad:?} for an output of {shape:?}"));
    }
    let grad = grad.clone().contiguous();
    let mut dx = Array::scratch(*input);
    let (input, [height, width]) = (window.input[0] * window.input[1], window.output());
    let share = T::from_f64(1.0 / (window.kernel[0] * window.kernel[1]) as f64);
    let planes =
        dx.data_mut().par_chunks_mut(input.max(1)).zip(grad.data().par_chunks((height * width).max(1)));
    planes.with_min_len(planes_together(input)).for_each(|(dx, grad)| {
        dx.fill(T::ZERO);
        for (number, &g) in grad.iter().enumerate() {
            let (i, j) = (number / width, number % width);
            for row in (0..window.kernel[0]).filter_map(|u| window.source(0, i, u)) {
                for col in (0..window.kernel[1]).filter_map(|v| window.source(1, j, v)) {
                    dx[row * window.input[1] + col] += g * share;
                }
            }
        }
    });
    dx
}
// ANCHOR_END: avg_pool2d

// ANCHOR: global
/// The mean of each channel: `[batch, channels, h, w]` to `[batch, channels, 1, 1]` (`adaptive_avg_pool2d(x, 1)`).
///
/// # Panics
/// When `x` has other axes, or images without numbers.
#[track_caller]
pub fn global_avg_pool<T: Float>(x: &Array<T>) -> Array<T> {
    let plane = plane("global_avg_pool", x.shape());
    let x = x.clone().contiguous();
    let mut y = Array::scratch([x.dim(0), x.dim(1), 1, 1]);
    let share = T::from_f64(1.0 / plane as f64);
    let planes = y.data_mut().par_iter_mut().zip(x.data().par_chunks(plane));
    planes.with_min_len(planes_together(plane)).for_each(|(y, x)| *y = simd::sum(x, |x| x) * share);
    y
}

/// `dL/dx` in the shape `input` of `x`: each number of a channel receives the same share of its gradient.
///
/// # Panics
/// When `grad` is not `[batch, channels, 1, 1]` for such an input.
#[track_caller]
pub fn global_avg_pool_backward<T: Float>(grad: &Array<T>, input: &Shape) -> Array<T> {
    let plane = plane("global_avg_pool_backward", input);
    if *grad.shape() != [input[0], input[1], 1, 1] {
        let grad = grad.shape();
        fail(
            "global_avg_pool_backward",
            format_args!("a gradient of shape {grad:?} for an input of {input:?}"),
        );
    }
    let grad = grad.clone().contiguous();
    let mut dx = Array::scratch(*input);
    let share = T::from_f64(1.0 / plane as f64);
    let planes = dx.data_mut().par_chunks_mut(plane).zip(grad.data());
    planes.with_min_len(planes_together(plane)).for_each(|(dx, &g)| dx.fill(g * share));
    dx
}
// ANCHOR_END: global

/// The numbers of a channel.
#[track_caller]
fn plane(operation: &str, x: &Shape) -> usize {
    if x.len() != 4 || x[2] * x[3] == 0 {
        fail(
            operation,
            format_args!("{x:?} is not [batch, channels, height, width] with numbers in each channel"),
        );
    }
    x[2] * x[3]
}
