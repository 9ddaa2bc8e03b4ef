//! The three passes.

use ch01_tensors::{Array, Float};
use ch02_matmul::{Kernel, Window, WindowMut, gemm_into, with_kernel};
use ch03_neurons::simd::{self, Level};
use rayon::prelude::*;

use super::job::{Job, Jobs, rows_together};
use super::source::{Layout, Patches, Spread};
use crate::problem::Problem;

/// The layout of the input for a pass forward, and where each tap sees the first position.
pub(crate) fn of_input(problem: &Problem) -> (Layout, Array<i64>) {
    let Problem { inputs, window, .. } = *problem;
    // Beyond the last window nothing is read; but the image must fit.
    let part = [0, 1].map(|axis| {
        let read = (window.output()[axis] - 1) * window.stride[axis] + window.span()[axis];
        read.max(window.input[axis] + window.padding[axis]).div_ceil(window.stride[axis])
    });
    let kernel = window.kernel;
    let (stride, padding) = (window.stride, window.padding);
    let used = [0, 1].map(|axis| stride[axis].min(window.span()[axis]));
    let layout = Layout { channels: inputs, image: window.input, padding, stride, used, part };
    let mut taps = Array::scratch([problem.taps()]);
    for (number, tap) in taps.data_mut().iter_mut().enumerate() {
        let (channel, u, v) =
            (number / (kernel[0] * kernel[1]), number / kernel[1] % kernel[0], number % kernel[1]);
        *tap = layout.place(channel, [u * window.dilation[0], v * window.dilation[1]]) as i64;
    }
    (layout, taps)
}

// ANCHOR: forward
/// `y = W P + bias`; the sizes are checked.
pub(crate) fn forward<T: Float>(
    problem: &Problem,
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
) -> Array<T> {
    let (x, weight) = (x.clone().contiguous(), weight.clone().contiguous());
    let bias = bias.map(|bias| bias.clone().contiguous());
    let (layout, taps) = of_input(problem);
    let mut y = Array::scratch(problem.output_shape());
    let job = |_| Job {
        taps: taps.data(),
        weight: weight.data(),
        pitch: problem.taps(),
        outputs: problem.outputs,
        bias: bias.as_ref().map(Array::data),
        positions: problem.window.output(),
        target: problem.window.output(),
        origin: [0, 0],
        step: [1, 1],
    };
    let size = problem.outputs * problem.positions();
    Jobs { layout, job, count: 1, abreast: 1, size }.run(x.data(), y.data_mut());
    y
}
// ANCHOR_END: forward

/// One axis of a part of the input: the places with the remainder `rest`, when the padding and the place are divided by the
/// stride.
#[derive(Clone, Copy)]
struct Rest {
    rest: usize,
    /// Taps of the kernel with this remainder: how many, the first, and from one to the next.
    taps: usize,
    tap: usize,
    step: usize,
    /// The first place's quotient, and how many places there are.
    first: usize,
    count: usize,
}

impl Rest {
    // ANCHOR: rest
    fn new(problem: &Problem, axis: usize, rest: usize) -> Self {
        let (window, stride) = (&problem.window, problem.window.stride[axis]);
        let padding = window.padding[axis];
        let first = padding.saturating_sub(rest).div_ceil(stride);
        // Quotients with place < input, place = quotient stride + rest - padding.
        let end = (window.input[axis] + padding).saturating_sub(rest).div_ceil(stride);
        // With dilation d, tap u lies at u d, whose remainder comes again after stride / gcd(stride, d) taps.
        let (kernel, dilation) = (window.kernel[axis], window.dilation[axis]);
        let step = stride / common_divisor(stride, dilation);
        let tap = (0..step).find(|tap| tap * dilation % stride == rest).unwrap_or(kernel);
        let taps = kernel.saturating_sub(tap).div_ceil(step);
        Rest { rest, taps, tap, step, first, count: end.saturating_sub(first) }
    }
    // ANCHOR_END: rest

    /// The number of the first place in the input.
    fn place(&self, problem: &Problem, axis: usize) -> usize {
        self.first * problem.window.stride[axis] + self.rest - problem.window.padding[axis]
    }
}

/// The largest number that divides both.
fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

// ANCHOR: input
/// `dL/dx`; the sizes are checked.
pub(crate) fn input_gradient<T: Float>(problem: &Problem, grad: &Array<T>, weight: &Array<T>) -> Array<T> {
    let (grad, weight) = (grad.clone().contiguous(), weight.clone().contiguous());
    let Problem { inputs, outputs, window, .. } = *problem;
    let stride = window.stride;
    // The parts: remainders down, and for each those across.
    let axes = |number: usize| {
        [Rest::new(problem, 0, number / stride[1]), Rest::new(problem, 1, number % stride[1])]
    };
    let count = stride[0] * stride[1];
    // A tap further is a place back: there must be zeros before the first gradient, and behind the last.
    let above = [0, 1].map(|axis| window.span()[axis].div_ceil(stride[axis]) - 1);
    let rows = std::array::from_fn(|axis| {
        let last =
            (0..stride[axis]).map(|rest| Rest::new(problem, axis, rest)).map(|rest| rest.first + rest.count);
        above[axis] + last.max().unwrap_or(0).max(window.output()[axis])
    });
    let (image, one) = (window.output(), [1, 1]);
    let layout = Layout { channels: outputs, image, padding: above, stride: one, used: one, part: rows };
    // Each tap belongs to one part: together they have as many as the kernel.
    let all = outputs * window.kernel[0] * window.kernel[1];
    // Rows begin an odd number of cache lines apart: with a power of two they would push each other out of the cache.
    let longest = (0..count).map(|number| taps_of(axes(number))).max().unwrap_or(0) * outputs;
    let pitch = longest.next_multiple_of(16) | 16;
    let (mut matrix, mut taps) = (Array::scratch([count, inputs * pitch]), Array::scratch([all]));
    let start = |number: usize| (0..number).map(|number| taps_of(axes(number))).sum::<usize>() * outputs;
    for (number, matrix) in matrix.data_mut().chunks_mut((inputs * pitch).max(1)).enumerate() {
        let length = taps_of(axes(number)) * outputs;
        let taps = &mut taps.data_mut()[start(number)..][..length];
        with_remainders(problem, &layout, weight.data(), axes(number), above, (matrix, pitch), taps);
    }
    let mut dx = Array::scratch(problem.input_shape());
    let job = |number| {
        let axes = axes(number);
        Job {
            taps: &taps.data()[start(number)..][..taps_of(axes) * outputs],
            weight: &matrix.data()[number * inputs * pitch..][..inputs * pitch],
            pitch,
            outputs: inputs,
            bias: None,
            positions: axes.map(|axis| axis.count),
            target: window.input,
            origin: [0, 1].map(|axis| axes[axis].place(problem, axis)),
            step: stride,
        }
    };
    Jobs { layout, job, count, abreast: stride[1], size: problem.image() }.run(grad.data(), dx.data_mut());
    dx
}
// ANCHOR_END: input

/// The taps of a part, for one channel.
fn taps_of(axes: [Rest; 2]) -> usize {
    axes[0].taps * axes[1].taps
}

/// The weights of the taps with these remainders, `[inputs, outputs taps taps]` with rows `pitch` apart, and where in the spread
/// gradient each sees the first place.
fn with_remainders<T: Float>(
    problem: &Problem,
    layout: &Layout,
    weight: &[T],
    axes: [Rest; 2],
    above: [usize; 2],
    (matrix, pitch): (&mut [T], usize),
    taps: &mut [i64],
) {
    let Problem { inputs, outputs, window, .. } = *problem;
    let [rows, cols] = axes.map(|axis| axis.taps);
    let each = rows * cols;
    for (number, to) in taps.iter_mut().enumerate() {
        let (output, m, n) = (number / each, number / cols % rows, number % cols);
        // What tap `u` sees comes from `u dilation / stride` rows of the gradient before.
        let back = |axis: usize, number: usize| {
            let Rest { tap, step, .. } = axes[axis];
            (tap + number * step) * window.dilation[axis] / window.stride[axis]
        };
        let at = [above[0] + axes[0].first - back(0, m), above[1] + axes[1].first - back(1, n)];
        *to = layout.place(output, at) as i64;
    }
    let kernels = window.kernel[0] * window.kernel[1];
    let lines = matrix.par_chunks_mut(pitch).enumerate();
    lines.for_each(|(input, line)| {
        for (output, line) in line[..outputs * each].chunks_mut(each.max(1)).enumerate() {
            let kernel = &weight[(output * inputs + input) * kernels..][..kernels];
            for (m, line) in line.chunks_mut(cols.max(1)).enumerate() {
                let u = axes[0].tap + m * axes[0].step;
                for (n, to) in line.iter_mut().enumerate() {
                    *to = kernel[u * window.kernel[1] + axes[1].tap + n * axes[1].step];
                }
            }
        }
    });
}

/// Numbers of all partial sums of a weight gradient, about.
const SUMS: usize = 1 << 22;
/// Positions over which a product sums, about, if there are as many in a task.
const INNER: usize = 256;
/// Numbers of a part of the matrix of patches, about: it stays in the first-level cache.
const PATCHES: usize = 1 << 13;
/// Taps of such a part are a multiple of two vectors of sixteen.
const COLUMNS: usize = 32;

// ANCHOR: weight
/// `dL/dW`: `g Pᵀ`, summed over images; in groups of a fixed size, then over the groups in order.
pub(crate) fn weight_gradient<T: Float>(problem: &Problem, grad: &Array<T>, x: &Array<T>) -> Array<T> {
    let kernel = Kernel::in_use();
    let Problem { batch, outputs, .. } = *problem;
    let (grad, x) = (grad.clone().contiguous(), x.clone().contiguous());
    let (layout, places) = of_input(problem);
    let matrix = outputs * problem.taps();
    let images = batch.div_ceil((SUMS / matrix.max(1)).clamp(2, 16).next_power_of_two()).max(1);
    let mut sums = Array::scratch([batch.div_ceil(images), matrix]);
    sums.data_mut().par_chunks_mut(matrix.max(1)).enumerate().for_each(|(group, sum)| {
        with_kernel(kernel, || {
            let count = images.min(batch - group * images);
            let x = &x.data()[group * images * problem.image()..][..count * problem.image()];
            let size = outputs * problem.positions();
            let grad = &grad.data()[group * images * size..][..count * size];
            weights_of_images(problem, &layout, places.data(), grad, x, sum);
        });
    });
    let [height, width] = problem.window.kernel;
    sums.sum(0, false).reshape([outputs, problem.inputs, height, width])
}

/// What some images give to the gradient of the weights.
fn weights_of_images<T: Float>(
    problem: &Problem,
    layout: &Layout,
    places: &[i64],
    grad: &[T],
    x: &[T],
    sum: &mut [T],
) {
    let (positions, taps, outputs) = (problem.positions(), problem.taps(), problem.outputs);
    let [height, width] = problem.window.output();
    // Many positions of one image, or all of a few: gradients and patches side by side.
    let together = if positions >= 2 * INNER { rows_together(height, width, INNER) } else { height };
    let images = (INNER / positions).max(1);
    // From one row of the matrices to the next: not a power of two, or rows would push each other out of the cache.
    let step = (images * together * width).next_multiple_of(16) + 16;
    let some = (PATCHES / step).next_multiple_of(COLUMNS);
    let mut patches = Array::scratch([some, step]);
    let mut gradients = Array::scratch([outputs, step]);
    let mut sources = Array::scratch([images, layout.size()]);
    sources.data_mut().fill(T::ZERO);
    let count = grad.len() / (outputs * positions).max(1);
    for image in (0..count).step_by(images) {
        let images = images.min(count - image);
        for (number, to) in sources.data_mut().chunks_mut(layout.size()).take(images).enumerate() {
            let image = &x[(image + number) * problem.image()..][..problem.image()];
            simd::at_level(Level::detect(), Spread { layout, image, to });
        }
        for top in (0..height).step_by(together) {
            let rows = together.min(height - top);
            let (each, cols) = (rows * width, images * rows * width);
            for number in 0..images {
                let of_image = &grad[(image + number) * outputs * positions..][..outputs * positions];
                for (to, from) in gradients.data_mut().chunks_mut(step).zip(of_image.chunks(positions)) {
                    to[number * each..][..each].copy_from_slice(&from[top * width..][..each]);
                }
            }
            for first in (0..taps).step_by(some) {
                let of_part = &places[first..taps.min(first + some)];
                for (number, source) in sources.data().chunks(layout.size()).take(images).enumerate() {
                    let (source, pitch) = (&source[top * layout.pitch()..], layout.pitch());
                    let (to, first) = (patches.data_mut(), number * each);
                    let work = Patches { taps: of_part, source, pitch, rows, width, to, step, first };
                    simd::at_level(Level::detect(), work);
                }
                let g = Window::new(gradients.data(), [outputs, cols], [step, 1]);
                let p = Window::new(patches.data(), [of_part.len(), cols], [step, 1]);
                let add = image > 0 || top > 0;
                let sum = &mut sum[first..];
                gemm_into(g, p.t(), add, &mut WindowMut::new(sum, [outputs, of_part.len()], taps));
            }
        }
    }
}
// ANCHOR_END: weight
