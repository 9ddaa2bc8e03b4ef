//! Depthwise convolution: every channel has one kernel of its own (`groups` = channels; Chollet 2017, Howard et al. 2017).
//!
//! There is no sum over channels, so there is no product of matrices: `K²` multiply-adds for each number, and nothing to use
//! again. What takes time is to bring numbers into registers. So a channel is copied once into a buffer with its border
//! of zeros, taken apart by stride as in the third rung ([`Layout`]). There a tap is an offset, and the rows of positions are one
//! long row: position `(i, j)` is number `r = i pitch + j` of it. Between the rows lie `pitch - width` numbers that are
//! no positions. Computed with the others and then dropped, they cost less than the end of a row would.
//!
//! - Forward: `y[r] = sum over taps of w[t] x[r + place[t]]`, for some vectors of `r` at a time.
//! - The gradient of the input: each of the buffer's parts has taps of its own, `dx[q] = sum over taps of w[t] g[q - place[t]]`, with
//!   zeros for `g` wherever there is no position.
//! - The gradient of the weights: `dw[t] = sum over r of g[r] x[r + place[t]]`, summed over images in order.
//!
//! A task is a few channels, forward and for the input; one channel of all images for the weights. So the same bits come out on
//! any number of threads. Left out: more than one kernel for each channel (the general way takes those), and multiply-adds in
//! one instruction.

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{self, Level};
use rayon::prelude::*;

use crate::panels::of_input;
use crate::panels::source::{Layout, Spread};
use crate::planes_together;
use crate::problem::Problem;

/// Numbers that are worked on together: two vectors of sixteen.
const N: usize = 32;

/// Whether each channel is a group, with one kernel.
pub(crate) fn fits(problem: &Problem) -> bool {
    problem.groups == problem.inputs && problem.groups == problem.outputs
}

/// The geometry of one channel.
struct Plane {
    problem: Problem,
    layout: Layout,
    /// Where each tap sees the first position, in the spread channel.
    taps: Array<i64>,
    /// The parts of the spread channel: remainders down and across that any tap sees.
    parts: usize,
    /// The numbers of a part.
    part: usize,
    /// The positions as one row, rounded up to whole pieces of `N`.
    row: usize,
}

impl Plane {
    fn new(problem: &Problem) -> Self {
        let problem = Problem { inputs: 1, outputs: 1, groups: 1, ..*problem };
        let (layout, taps) = of_input(&problem);
        let [height, width] = problem.window.output();
        let parts = layout.used[0] * layout.used[1];
        let part = layout.size() / parts;
        let row = ((height - 1) * layout.pitch() + width).next_multiple_of(N);
        Plane { problem, layout, taps, parts, part, row }
    }

    /// A spread channel: zeros, with room for what is read behind the last position.
    fn spread<T: Float>(&self) -> Array<T> {
        Array::zeros([self.layout.size() + N])
    }

    /// Gradients as one row, with zeros where there are no positions, for as far as a part looks back and ahead of it.
    fn gradients<T: Float>(&self) -> Array<T> {
        Array::zeros([self.back() + self.part.next_multiple_of(N).max(self.row)])
    }

    /// How far a part looks back at most: the farthest tap within its part.
    fn back(&self) -> usize {
        self.taps.data().iter().map(|&tap| tap as usize % self.part).max().unwrap_or(0)
    }

    /// The numbers of a channel of the input, and of the output.
    fn sizes(&self) -> [usize; 2] {
        [self.problem.image(), self.problem.positions()]
    }
}

// ANCHOR: forward
/// `y`; the sizes are checked.
pub(crate) fn forward<T: Float>(
    problem: &Problem,
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
) -> Array<T> {
    let (x, weight) = (x.clone().contiguous(), weight.clone().contiguous());
    let bias = bias.map(|bias| bias.clone().contiguous());
    let mut y = Array::scratch(problem.output_shape());
    let plane = &Plane::new(problem);
    let ([input, output], taps, channels) = (plane.sizes(), plane.taps.size(), problem.inputs);
    let together = planes_together(input.max(output));
    y.data_mut().par_chunks_mut((together * output).max(1)).enumerate().for_each(|(task, y)| {
        let (mut spread, mut row) = (plane.spread(), Array::scratch([plane.row]));
        for (number, y) in y.chunks_mut(output).enumerate() {
            let (number, channel) = (task * together + number, (task * together + number) % channels);
            let x = &x.data()[number * input..][..input];
            let weight = &weight.data()[channel * taps..][..taps];
            let bias = bias.as_ref().map_or(T::ZERO, |bias| bias.data()[channel]);
            let (spread, row) = (spread.data_mut(), row.data_mut());
            simd::at_level(Level::detect(), Forward { plane, x, weight, bias, spread, row, y });
        }
    });
    y
}

/// One channel of one image.
struct Forward<'a, T> {
    plane: &'a Plane,
    x: &'a [T],
    weight: &'a [T],
    bias: T,
    spread: &'a mut [T],
    row: &'a mut [T],
    y: &'a mut [T],
}

impl<T: Float> simd::Body for Forward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Forward { plane, x, weight, bias, spread, row, y } = self;
        let layout = &plane.layout;
        Spread { layout, image: x, to: &mut *spread }.run();
        for (at, to) in row.as_chunks_mut::<N>().0.iter_mut().enumerate() {
            *to = sum_of_taps(plane.taps.data(), weight, bias, |tap| &spread[tap as usize + at * N..]);
        }
        let width = plane.problem.window.output()[1];
        for (y, row) in y.chunks_mut(width).zip(row.chunks(layout.pitch())) {
            y.copy_from_slice(&row[..width]);
        }
    }
}

/// `start` plus, for each tap, its weight times the `N` numbers that `seen` shows it.
#[inline(always)]
fn sum_of_taps<'a, T: Float>(taps: &[i64], weight: &[T], start: T, seen: impl Fn(i64) -> &'a [T]) -> [T; N] {
    let mut sums = [start; N];
    for (&tap, &weight) in taps.iter().zip(weight) {
        let seen = &seen(tap)[..N];
        for i in 0..N {
            sums[i] += weight * seen[i];
        }
    }
    sums
}
// ANCHOR_END: forward

// ANCHOR: input
/// `dL/dx`; the sizes are checked.
pub(crate) fn input_gradient<T: Float>(problem: &Problem, grad: &Array<T>, weight: &Array<T>) -> Array<T> {
    let (grad, weight) = (grad.clone().contiguous(), weight.clone().contiguous());
    let mut dx = Array::scratch(problem.input_shape());
    let plane = &Plane::new(problem);
    let ([input, output], all, channels) = (plane.sizes(), plane.taps.size(), problem.inputs);
    // Taps by part, and which weight belongs to each.
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|&tap| plane.taps.data()[tap] as usize / plane.part);
    let part_of = |tap: usize| plane.taps.data()[tap] as usize / plane.part;
    let taps: Vec<i64> =
        order.iter().map(|&tap| plane.taps.data()[tap] - (part_of(tap) * plane.part) as i64).collect();
    let parts: Vec<usize> =
        (0..plane.parts).map(|part| order.iter().filter(|&&tap| part_of(tap) == part).count()).collect();
    let back = plane.back();
    let together = planes_together(input.max(output));
    dx.data_mut().par_chunks_mut((together * input).max(1)).enumerate().for_each(|(task, dx)| {
        let (mut row, mut spread) = (plane.gradients(), plane.spread());
        let mut sorted = Array::scratch([all]);
        for (number, dx) in dx.chunks_mut(input).enumerate() {
            let number = task * together + number;
            let weight = &weight.data()[number % channels * all..][..all];
            sorted.data_mut().iter_mut().zip(&order).for_each(|(to, &tap)| *to = weight[tap]);
            let (grad, weight) = (&grad.data()[number * output..][..output], sorted.data());
            let (row, spread) = (row.data_mut(), spread.data_mut());
            let (taps, parts) = (&taps[..], &parts[..]);
            let body = Backward { plane, back, grad, taps, parts, weight, row, spread, dx };
            simd::at_level(Level::detect(), body);
        }
    });
    dx
}

/// One channel of one image; taps and weights in the order of the parts.
struct Backward<'a, T> {
    plane: &'a Plane,
    /// How far a part looks back.
    back: usize,
    grad: &'a [T],
    /// Where each tap lies within its part, and how many taps each part has.
    taps: &'a [i64],
    parts: &'a [usize],
    weight: &'a [T],
    row: &'a mut [T],
    spread: &'a mut [T],
    dx: &'a mut [T],
}

impl<T: Float> simd::Body for Backward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Backward { plane, back, grad, taps, parts, weight, row, spread, dx } = self;
        let (layout, window) = (&plane.layout, &plane.problem.window);
        for (grad, row) in grad.chunks(window.output()[1]).zip(row[back..].chunks_mut(layout.pitch())) {
            row[..grad.len()].copy_from_slice(grad);
        }
        let (mut first, stride) = (0, window.stride);
        for (part, &count) in parts.iter().enumerate() {
            let (taps, weight) = (&taps[first..][..count], &weight[first..][..count]);
            first += count;
            for at in (0..plane.part).step_by(N) {
                let seen = |tap: i64| &row[back + at - tap as usize..];
                let sums = sum_of_taps(taps, weight, T::ZERO, seen);
                let to = &mut spread[part * plane.part + at..];
                let length = to.len().min(N);
                to[..length].copy_from_slice(&sums[..length]);
            }
        }
        // Each number of the image from its place; what no tap sees has no part and gets nothing.
        let width = window.input[1];
        for (y, dx) in dx.chunks_mut(width).enumerate() {
            let row = y + window.padding[0];
            for x in 0..stride[1].min(width) {
                let col = x + window.padding[1];
                let is_seen = row % stride[0] < layout.used[0] && col % stride[1] < layout.used[1];
                if !is_seen {
                    dx[x..].iter_mut().step_by(stride[1]).for_each(|dx| *dx = T::ZERO);
                } else if stride[1] == 1 {
                    dx.copy_from_slice(&spread[layout.place(0, [row, col])..][..width]);
                } else {
                    let from = &spread[layout.place(0, [row, col])..];
                    dx[x..].iter_mut().step_by(stride[1]).zip(from).for_each(|(dx, &g)| *dx = g);
                }
            }
        }
    }
}
// ANCHOR_END: input

/// Sums of one tap: a vector.
const LANES: usize = 16;

// ANCHOR: weight
/// `dL/dweight`; the sizes are checked.
pub(crate) fn weight_gradient<T: Float>(problem: &Problem, grad: &Array<T>, x: &Array<T>) -> Array<T> {
    let (grad, x) = (grad.clone().contiguous(), x.clone().contiguous());
    let plane = &Plane::new(problem);
    let ([input, output], taps, channels) = (plane.sizes(), plane.taps.size(), problem.inputs);
    let [height, width] = problem.window.kernel;
    let mut dweight = Array::zeros([channels, 1, height, width]);
    dweight.data_mut().par_chunks_mut(taps).enumerate().for_each(|(channel, dweight)| {
        let (mut row, mut spread) = (plane.gradients(), plane.spread());
        let mut sums = Array::zeros([taps, LANES]);
        for image in 0..problem.batch {
            let number = image * channels + channel;
            let (grad, x) = (&grad.data()[number * output..][..output], &x.data()[number * input..][..input]);
            let (row, spread) = (row.data_mut(), spread.data_mut());
            let sums = sums.data_mut().as_chunks_mut::<LANES>().0;
            simd::at_level(Level::detect(), Weights { plane, grad, x, row, spread, sums });
        }
        for (dweight, sums) in dweight.iter_mut().zip(sums.data().chunks(LANES)) {
            *dweight = simd::sum(sums, |x| x);
        }
    });
    dweight
}

/// What one channel of one image adds to the sums of the taps.
struct Weights<'a, T> {
    plane: &'a Plane,
    grad: &'a [T],
    x: &'a [T],
    row: &'a mut [T],
    spread: &'a mut [T],
    sums: &'a mut [[T; LANES]],
}

impl<T: Float> simd::Body for Weights<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Weights { plane, grad, x, row, spread, sums } = self;
        let (layout, width) = (&plane.layout, plane.problem.window.output()[1]);
        Spread { layout, image: x, to: &mut *spread }.run();
        for (grad, row) in grad.chunks(width).zip(row.chunks_mut(layout.pitch())) {
            row[..grad.len()].copy_from_slice(grad);
        }
        let (grad, mut done) = (&row[..plane.row], 0);
        while done < sums.len() {
            let (taps, sums) = (&plane.taps.data()[done..], &mut sums[done..]);
            done += match sums.len() {
                9.. => add_products::<T, 9>(taps, grad, spread, sums),
                5.. => add_products::<T, 5>(taps, grad, spread, sums),
                3.. => add_products::<T, 3>(taps, grad, spread, sums),
                _ => add_products::<T, 1>(taps, grad, spread, sums),
            };
        }
    }
}

/// Adds, for each of the first `TAPS` taps, the products of gradients and what it sees. Returns `TAPS`.
#[inline(always)]
fn add_products<T: Float, const TAPS: usize>(
    taps: &[i64],
    grad: &[T],
    spread: &[T],
    sums: &mut [[T; LANES]],
) -> usize {
    let seen: [&[T]; TAPS] = std::array::from_fn(|t| &spread[taps[t] as usize..][..grad.len()]);
    let mut totals: [[T; LANES]; TAPS] = std::array::from_fn(|t| sums[t]);
    for (number, grad) in grad.as_chunks::<LANES>().0.iter().enumerate() {
        for t in 0..TAPS {
            let seen = &seen[t][number * LANES..][..LANES];
            for i in 0..LANES {
                totals[t][i] += grad[i] * seen[i];
            }
        }
    }
    sums[..TAPS].copy_from_slice(&totals);
    TAPS
}
// ANCHOR_END: weight
