//! Max pooling: the largest number of each window (`torch.nn.functional.max_pool2d`).
//!
//! Shapes: `x` is `[batch, channels, h, w]`, `y` is `[batch, channels, oh, ow]`. `y[i, j] = max_{u, v} x[i s + u - p, j s + v - p]`;
//! the padding never wins. A small change of the largest number changes `y` by as much, of the others not at all: the
//! gradient goes to the place of the largest number, and where windows overlap, gradients add up. Among equal numbers the
//! first, row by row, gets it, and NaN counts as largest, both as in PyTorch.
//!
//! Kept for the backward pass: one byte for each number of `y`, the place in its window. Left out: dilation, `ceil_mode`,
//! windows of more than 256 numbers.

use ch01_tensors::{Array, Float, Shape, fail};
use ch03_neurons::simd::{self, Level};
use ch15_convolution::Window;
use rayon::prelude::*;

use ch15_convolution::{Pool2dOptions, planes_together, pooled_shape};

// ANCHOR: functions
/// The largest number of each window of `x`, `[batch, channels, h, w]`, and its place `u * kernel width + v` in the window.
///
/// # Panics
/// When the window does not fit, or has more than 256 numbers.
#[track_caller]
pub fn max_pool2d<T: Float>(x: &Array<T>, options: Pool2dOptions) -> (Array<T>, Array<u8>) {
    let window = options.window("max_pool2d", x.shape());
    if window.kernel[0] * window.kernel[1] > 256 {
        fail("max_pool2d", format_args!("a window of {:?} has more than 256 numbers", window.kernel));
    }
    let x = x.clone().contiguous();
    let shape = pooled_shape(x.shape(), &window);
    let (mut y, mut places) = (Array::scratch(shape), Array::scratch(shape));
    let (input, output) = (area(window.input), area(window.output()));
    let together = planes_together(input);
    let level = Level::detect();
    let tasks = y.data_mut().par_chunks_mut((together * output).max(1));
    let tasks = tasks.zip(places.data_mut().par_chunks_mut((together * output).max(1)));
    tasks.zip(x.data().par_chunks((together * input).max(1))).for_each(|((y, places), x)| {
        simd::at_level(level, Forward { window, x, y, places });
    });
    (y, places)
}

/// `dL/dx` in the shape `input` of `x`, for `grad = dL/dy` and the places that [`max_pool2d`] has found.
///
/// # Panics
/// When `grad` and `places` do not have the shape of the output for such an input.
#[track_caller]
pub fn max_pool2d_backward<T: Float>(
    grad: &Array<T>,
    places: &Array<u8>,
    input: &Shape,
    options: Pool2dOptions,
) -> Array<T> {
    let window = options.window("max_pool2d_backward", input);
    let shape = pooled_shape(input, &window);
    if *grad.shape() != shape || *places.shape() != shape {
        let (grad, places) = (grad.shape(), places.shape());
        let rule = format_args!("a gradient of {grad:?} and places of {places:?} for an output of {shape:?}");
        fail("max_pool2d_backward", rule);
    }
    let (grad, places) = (grad.clone().contiguous(), places.clone().contiguous());
    let mut dx = Array::scratch(*input);
    let (input, output) = (area(window.input), area(window.output()));
    let together = planes_together(input);
    let level = Level::detect();
    let tasks = dx.data_mut().par_chunks_mut((together * input).max(1));
    let tasks = tasks.zip(places.data().par_chunks((together * output).max(1)));
    tasks.zip(grad.data().par_chunks((together * output).max(1))).for_each(|((dx, places), grad)| {
        simd::at_level(level, Backward { window, grad, places, dx });
    });
    dx
}
// ANCHOR_END: functions

fn area(sides: [usize; 2]) -> usize {
    sides[0] * sides[1]
}

/// Windows of two rows and columns side by side, in an image that they fill: the usual case, without a single branch.
fn is_plain(window: &Window) -> bool {
    let Window { input, kernel, stride, padding, .. } = *window;
    kernel == [2, 2] && stride == [2, 2] && padding == [0, 0] && input[0] % 2 == 0 && input[1] % 2 == 0
}

/// Some planes of the forward pass.
struct Forward<'a, T> {
    window: Window,
    x: &'a [T],
    y: &'a mut [T],
    places: &'a mut [u8],
}

impl<T: Float> simd::Body for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let window = &self.window;
        let (input, output) = (area(window.input), area(window.output()));
        let planes = self.y.chunks_mut(output).zip(self.places.chunks_mut(output));
        if is_plain(window) {
            // With an even height, the rows of all planes are one long list of pairs of rows.
            let width = window.input[1];
            let rows = self.y.chunks_mut(width / 2).zip(self.places.chunks_mut(width / 2));
            for ((y, places), x) in rows.zip(self.x.chunks(2 * width)) {
                pairs_forward(x, y, places);
            }
        } else {
            for ((y, places), x) in planes.zip(self.x.chunks(input)) {
                forward(window, x, y, places);
            }
        }
    }
}

/// Two rows of the image, one behind the other, to one of the output.
#[inline(always)]
fn pairs_forward<T: Float>(x: &[T], y: &mut [T], places: &mut [u8]) {
    let (upper, lower) = x.split_at(x.len() / 2);
    let (upper, lower) = (upper.as_chunks::<2>().0, lower.as_chunks::<2>().0);
    for ((y, place), (a, b)) in y.iter_mut().zip(places).zip(upper.iter().zip(lower)) {
        let (mut best, mut at) = (a[0], 0);
        for (number, candidate) in [(1, a[1]), (2, b[0]), (3, b[1])] {
            // Larger, or NaN: no comparison with NaN holds. A NaN that has won stays, as candidate <= NaN fails too, but
            // so does candidate > NaN: the first NaN must be kept.
            let wins = candidate > best || (candidate.is_nan() && !best.is_nan());
            best = if wins { candidate } else { best };
            at = if wins { number } else { at };
        }
        (*y, *place) = (best, at);
    }
}

// ANCHOR: forward
/// One plane, whatever the window: every output begins with the first tap inside the image, then tap by tap a whole row of
/// outputs looks at its next candidates.
#[inline(always)]
fn forward<T: Float>(window: &Window, x: &[T], y: &mut [T], places: &mut [u8]) {
    let Window { input: [height, line], kernel, stride, padding, .. } = *window;
    let width = window.output()[1];
    for (i, (y, places)) in y.chunks_mut(width).zip(places.chunks_mut(width)).enumerate() {
        let first = padding[0].saturating_sub(i * stride[0]);
        let rows = first..kernel[0].min(height + padding[0] - i * stride[0]);
        let row = |u: usize| &x[(i * stride[0] + u - padding[0]) * line..][..line];
        for (j, (y, place)) in y.iter_mut().zip(places.iter_mut()).enumerate() {
            let v = padding[1].saturating_sub(j * stride[1]);
            (*y, *place) = (row(first)[j * stride[1] + v - padding[1]], (first * kernel[1] + v) as u8);
        }
        for u in rows {
            for v in 0..kernel[1] {
                // The outputs whose tap `v` is inside.
                let from = padding[1].saturating_sub(v).div_ceil(stride[1]);
                let to = width.min((line + padding[1]).saturating_sub(v).div_ceil(stride[1]));
                if from < to {
                    let candidates = &row(u)[from * stride[1] + v - padding[1]..];
                    let number = (u * kernel[1] + v) as u8;
                    candidates_of(&mut y[from..to], &mut places[from..to], candidates, stride[1], number);
                }
            }
        }
    }
}
// ANCHOR_END: forward

/// The best of each output and every `stride`th candidate.
#[inline(always)]
fn candidates_of<T: Float>(y: &mut [T], places: &mut [u8], candidates: &[T], stride: usize, number: u8) {
    match stride {
        1 => better(y, places, candidates.iter().copied(), number),
        2 => {
            // Pairs make a loop that vectors can do; the last candidate may be alone.
            let (pairs, alone) = candidates.as_chunks::<2>();
            let count = pairs.len().min(y.len());
            better(&mut y[..count], &mut places[..count], pairs.iter().map(|pair| pair[0]), number);
            better(&mut y[count..], &mut places[count..], alone.iter().copied(), number);
        }
        _ => better(y, places, candidates.iter().copied().step_by(stride), number),
    }
}

/// Candidates that are larger, or NaN where none was, take the place of the best.
#[inline(always)]
fn better<T: Float>(y: &mut [T], places: &mut [u8], candidates: impl Iterator<Item = T>, number: u8) {
    for ((y, place), candidate) in y.iter_mut().zip(places).zip(candidates) {
        let wins = candidate > *y || (candidate.is_nan() && !y.is_nan());
        *y = if wins { candidate } else { *y };
        *place = if wins { number } else { *place };
    }
}

/// Some planes of the backward pass.
struct Backward<'a, T> {
    window: Window,
    grad: &'a [T],
    places: &'a [u8],
    dx: &'a mut [T],
}

impl<T: Float> simd::Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let window = &self.window;
        let (input, output) = (area(window.input), area(window.output()));
        if is_plain(window) {
            let width = window.input[1];
            let rows = self.grad.chunks(width / 2).zip(self.places.chunks(width / 2));
            for ((grad, places), dx) in rows.zip(self.dx.chunks_mut(2 * width)) {
                pairs_backward(grad, places, dx);
            }
        } else {
            let planes = self.grad.chunks(output).zip(self.places.chunks(output));
            for ((grad, places), dx) in planes.zip(self.dx.chunks_mut(input)) {
                backward(window, grad, places, dx);
            }
        }
    }
}

/// One row of the gradient to two of the image, one behind the other: every number is written, the loser's as 0.
#[inline(always)]
fn pairs_backward<T: Float>(grad: &[T], places: &[u8], dx: &mut [T]) {
    let (upper, lower) = dx.split_at_mut(dx.len() / 2);
    let (upper, lower) = (upper.as_chunks_mut::<2>().0, lower.as_chunks_mut::<2>().0);
    for ((&g, &place), (a, b)) in grad.iter().zip(places).zip(upper.iter_mut().zip(lower)) {
        let at = |number| if place == number { g } else { T::ZERO };
        (*a, *b) = ([at(0), at(1)], [at(2), at(3)]);
    }
}

// ANCHOR: backward
/// One plane, whatever the window.
#[inline(always)]
fn backward<T: Float>(window: &Window, grad: &[T], places: &[u8], dx: &mut [T]) {
    let (width, kernel_width) = (window.output()[1], window.kernel[1]);
    // exercise: backward - `dx` holds whatever was there before. Element `number` of `grad` belongs to position
    // (number / width, number % width), and `places[number]` says which number of its window, row by row, was the largest.
    // `window.source(0, i, u)` and `window.source(1, j, v)` give its row and column. Windows may overlap.
    dx.fill(T::ZERO);
    // A division for each element would take longer than the rest: a table says how far the place is from the window's first.
    let Window { input: [_, line], kernel, stride, padding, .. } = *window;
    let mut steps = [0; 256];
    for (place, step) in steps.iter_mut().enumerate().take(kernel[0] * kernel_width) {
        *step = place / kernel_width * line + place % kernel_width;
    }
    for (i, (grad, places)) in grad.chunks(width).zip(places.chunks(width)).enumerate() {
        for (j, (&g, &place)) in grad.iter().zip(places).enumerate() {
            // The largest number lies inside the image, even where the window's first does not.
            let from_first = i * stride[0] * line + j * stride[1] + steps[place as usize];
            dx[from_first - padding[0] * line - padding[1]] += g;
        }
    }
    // exercise: end
}
// ANCHOR_END: backward
