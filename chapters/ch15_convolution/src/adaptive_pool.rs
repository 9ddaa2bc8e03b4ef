//! Adaptive pooling: as many bins as asked for, whatever the size of the image (`torch.nn.functional.adaptive_avg_pool2d`,
//! `adaptive_max_pool2d`).
//!
//! Of `n` rows, bin `i` of `m` holds rows `floor(i n / m)` to `ceil((i + 1) n / m)`, the last not included. If `m` divides `n`, these are
//! windows of `n / m` rows side by side. If not, they differ by at most one row in length, and neighbours overlap by one row at most:
//! no row is left out. Columns are cut in the same way.
//!
//! Shapes: `x` is `[batch, channels, h, w]`, `y` is `[batch, channels, oh, ow]`. The mean's gradient is shared out in equal
//! parts to the numbers of the bin, and added up where bins overlap; the maximum's goes to the number that was the largest.

use std::ops::Range;

use ch01_tensors::{Array, Float, Shape, fail};
use ch05_backprop::{Layer, Module, Visitor};
use rayon::prelude::*;

use crate::planes_together;
use crate::pool_layers::popped;

/// The rows (or columns) of bin `number` of `bins`, of `length` in all.
pub fn adaptive_bin(number: usize, bins: usize, length: usize) -> Range<usize> {
    number * length / bins..((number + 1) * length).div_ceil(bins)
}

/// The bins of a channel, checked.
#[derive(Clone, Copy)]
struct Bins {
    input: [usize; 2],
    output: [usize; 2],
}

impl Bins {
    #[track_caller]
    fn new(operation: &str, x: &Shape, output: [usize; 2]) -> Self {
        if x.len() != 4 || x[2] * x[3] == 0 || output.contains(&0) {
            let rule = "is not [batch, channels, height, width] with numbers in each bin";
            fail(operation, format_args!("{x:?}, to be pooled to {output:?}, {rule}"));
        }
        Bins { input: [x[2], x[3]], output }
    }

    /// Fails unless `shape` is that of the output for an input `x`.
    #[track_caller]
    fn check(self, operation: &str, shape: &Shape, x: &Shape) -> Self {
        let want = self.output_shape(x);
        if *shape != want {
            fail(operation, format_args!("a gradient of shape {shape:?} for an output of {want:?}"));
        }
        self
    }

    fn output_shape(self, x: &Shape) -> Shape {
        Shape::from([x[0], x[1], self.output[0], self.output[1]])
    }

    /// The numbers of a channel, before and after.
    fn sizes(self) -> [usize; 2] {
        [self.input[0] * self.input[1], self.output[0] * self.output[1]]
    }

    /// The places in a channel that belong to bin `number`, row by row, as ranges.
    fn rows(self, number: usize) -> impl Iterator<Item = Range<usize>> {
        let Bins { input: [height, width], output: [down, across] } = self;
        let columns = adaptive_bin(number % across, across, width);
        adaptive_bin(number / across, down, height)
            .map(move |row| row * width + columns.start..row * width + columns.end)
    }

    /// How many numbers bin `number` has.
    fn count(self, number: usize) -> usize {
        self.rows(number).map(|row| row.len()).sum()
    }
}

// ANCHOR: average
/// The mean of each of `output` bins, down and across, of each channel.
///
/// # Panics
/// When `x` has other axes or no numbers, or there are no bins.
#[track_caller]
pub fn adaptive_avg_pool2d<T: Float>(x: &Array<T>, output: [usize; 2]) -> Array<T> {
    let bins = Bins::new("adaptive_avg_pool2d", x.shape(), output);
    let x = x.clone().contiguous();
    let mut y = Array::scratch(bins.output_shape(x.shape()));
    let [before, after] = bins.sizes();
    let planes = y.data_mut().par_chunks_mut(after).zip(x.data().par_chunks(before));
    planes.with_min_len(planes_together(before)).for_each(|(y, x)| {
        for (number, y) in y.iter_mut().enumerate() {
            let mut sum = T::ZERO;
            for row in bins.rows(number) {
                x[row].iter().for_each(|&x| sum += x);
            }
            *y = sum / T::from_f64(bins.count(number) as f64);
        }
    });
    y
}

/// `dL/dx` in the shape `input` of `x`, for `grad = dL/dy`.
///
/// # Panics
/// When `grad` is not `[batch, channels, ..]` for such an input.
#[track_caller]
pub fn adaptive_avg_pool2d_backward<T: Float>(grad: &Array<T>, input: &Shape) -> Array<T> {
    let operation = "adaptive_avg_pool2d_backward";
    let output = [grad.shape().get(2), grad.shape().get(3)].map(|side| side.copied().unwrap_or(0));
    let bins = Bins::new(operation, input, output).check(operation, grad.shape(), input);
    let grad = grad.clone().contiguous();
    let mut dx = Array::zeros(*input);
    let [before, after] = bins.sizes();
    let planes = dx.data_mut().par_chunks_mut(before).zip(grad.data().par_chunks(after));
    planes.with_min_len(planes_together(before)).for_each(|(dx, grad)| {
        for (number, &g) in grad.iter().enumerate() {
            let share = g / T::from_f64(bins.count(number) as f64);
            for row in bins.rows(number) {
                dx[row].iter_mut().for_each(|dx| *dx += share);
            }
        }
    });
    dx
}
// ANCHOR_END: average

/// The largest number of each of `output` bins, and its place in the channel, `row width + column`, as PyTorch counts. Of
/// equal numbers the first wins, and NaN wins over all.
///
/// # Panics
/// As [`adaptive_avg_pool2d`].
#[track_caller]
pub fn adaptive_max_pool2d<T: Float>(x: &Array<T>, output: [usize; 2]) -> (Array<T>, Array<i64>) {
    let bins = Bins::new("adaptive_max_pool2d", x.shape(), output);
    let x = x.clone().contiguous();
    let shape = bins.output_shape(x.shape());
    let (mut y, mut places) = (Array::scratch(shape), Array::scratch(shape));
    let [before, after] = bins.sizes();
    let planes = y.data_mut().par_chunks_mut(after).zip(places.data_mut().par_chunks_mut(after));
    let planes = planes.zip(x.data().par_chunks(before));
    planes.with_min_len(planes_together(before)).for_each(|((y, places), x)| {
        for (number, (y, place)) in y.iter_mut().zip(places).enumerate() {
            let mut at = bins.rows(number).next().map_or(0, |row| row.start);
            for candidate in bins.rows(number).flatten() {
                if x[candidate] > x[at] || (x[candidate].is_nan() && !x[at].is_nan()) {
                    at = candidate;
                }
            }
            (*y, *place) = (x[at], at as i64);
        }
    });
    (y, places)
}

/// `dL/dx` in the shape `input` of `x`, for `grad = dL/dy` and the places of the largest numbers.
///
/// # Panics
/// When `grad` and `places` are not `[batch, channels, ..]` for such an input, or a place lies outside a channel.
#[track_caller]
pub fn adaptive_max_pool2d_backward<T: Float>(
    grad: &Array<T>,
    places: &Array<i64>,
    input: &Shape,
) -> Array<T> {
    let operation = "adaptive_max_pool2d_backward";
    let output = [grad.shape().get(2), grad.shape().get(3)].map(|side| side.copied().unwrap_or(0));
    let bins = Bins::new(operation, input, output).check(operation, grad.shape(), input);
    bins.check(operation, places.shape(), input);
    let (grad, places) = (grad.clone().contiguous(), places.clone().contiguous());
    let mut dx = Array::zeros(*input);
    let [before, after] = bins.sizes();
    let planes = dx.data_mut().par_chunks_mut(before).zip(grad.data().par_chunks(after));
    let planes = planes.zip(places.data().par_chunks(after));
    planes.with_min_len(planes_together(before)).for_each(|((dx, grad), places)| {
        grad.iter().zip(places).for_each(|(&g, &place)| dx[place as usize] += g);
    });
    dx
}

/// The mean of each of a fixed number of bins (`torch.nn.AdaptiveAvgPool2d`).
pub struct AdaptiveAvgPool2d {
    /// The bins, down and across.
    pub output: [usize; 2],
    /// The shapes of the inputs.
    saved: Vec<Shape>,
}

impl AdaptiveAvgPool2d {
    /// A layer with so many bins, down and across.
    pub fn new(output: [usize; 2]) -> Self {
        AdaptiveAvgPool2d { output, saved: Vec::new() }
    }
}

impl<T: Float> Layer<T> for AdaptiveAvgPool2d {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.saved.push(*x.shape());
        adaptive_avg_pool2d(&x, self.output)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let input = popped("AdaptiveAvgPool2d::backward", &mut self.saved);
        adaptive_avg_pool2d_backward(&grad, &input)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        adaptive_avg_pool2d(&x, self.output)
    }
}

impl<T: Float> Module<T> for AdaptiveAvgPool2d {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}

/// The largest number of each of a fixed number of bins (`torch.nn.AdaptiveMaxPool2d`).
pub struct AdaptiveMaxPool2d {
    /// The bins, down and across.
    pub output: [usize; 2],
    /// Where the largest numbers were, and the shapes of the inputs.
    saved: Vec<(Array<i64>, Shape)>,
}

impl AdaptiveMaxPool2d {
    /// A layer with so many bins, down and across.
    pub fn new(output: [usize; 2]) -> Self {
        AdaptiveMaxPool2d { output, saved: Vec::new() }
    }
}

impl<T: Float> Layer<T> for AdaptiveMaxPool2d {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let (y, places) = adaptive_max_pool2d(&x, self.output);
        self.saved.push((places, *x.shape()));
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let (places, input) = popped("AdaptiveMaxPool2d::backward", &mut self.saved);
        adaptive_max_pool2d_backward(&grad, &places, &input)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        adaptive_max_pool2d(&x, self.output).0
    }
}

impl<T: Float> Module<T> for AdaptiveMaxPool2d {
    fn visit(&mut self, _: &mut Visitor<'_, T>) {}
}
