//! A convolution with stride 1 over spread images: the common part of the passes forward and backward to the input.

use ch01_tensors::{Array, Float};
use ch02_matmul::{Kernel, Window, WindowMut, gemm_into, with_kernel};
use ch03_neurons::simd::{self, Level};
use rayon::prelude::*;

use super::source::{Layout, Patches, Spread};

/// Numbers of a part of the matrix of patches, about: it stays in the first-level cache, and is multiplied where it lies.
const PATCHES: usize = 1 << 13;
/// Columns of such a part, about: two vectors of sixteen.
const COLUMNS: usize = 32;
/// Columns of the result that are worked on together, about: it stays in the second-level cache.
const RESULT: usize = 512;
/// Positions that are worked on together at least, if there are as many in the batch: of several images, if they are small.
const POSITIONS: usize = 128;
/// Tasks that there are at least, if there are as many rows of positions.
const TASKS: usize = 8;

/// Rows of `width` positions, of `rows` in all: at least one, and together about `columns` positions at most.
pub(super) fn rows_together(rows: usize, width: usize, columns: usize) -> usize {
    let most = (columns / width.max(1)).clamp(1, rows.max(1));
    // Parts of nearly one size.
    rows.div_ceil(rows.div_ceil(most).max(1)).max(1)
}

/// What is done to every image.
pub(super) struct Job<'a, T> {
    /// Where each tap sees the first position.
    pub taps: &'a [i64],
    /// `[outputs, taps]`, rows `pitch` apart.
    pub weight: &'a [T],
    pub pitch: usize,
    pub outputs: usize,
    pub bias: Option<&'a [T]>,
    /// Rows and columns of positions.
    pub positions: [usize; 2],
    /// Height and width of a channel of the result.
    pub target: [usize; 2],
    /// Where in it the first position goes, and the steps to the next, down and across.
    pub origin: [usize; 2],
    pub step: [usize; 2],
}

/// Several jobs whose results together are one array, over images spread in one way.
pub(super) struct Jobs<'a, T: 'a, F: Fn(usize) -> Job<'a, T> + Sync> {
    pub layout: Layout,
    /// Which jobs there are: numbers below `count`.
    pub job: F,
    pub count: usize,
    /// Jobs with numbers in turn go to the same rows of the result, side by side: so many.
    pub abreast: usize,
    /// The numbers of an image of the result.
    pub size: usize,
}

impl<'a, T: Float, F: Fn(usize) -> Job<'a, T> + Sync> Jobs<'a, T, F> {
    /// Does all jobs for all images of `x`, `[batch, channels, height, width]`.
    pub fn run(&self, x: &[T], y: &mut [T]) {
        if y.is_empty() {
            return;
        }
        let kernel = Kernel::in_use();
        let batch = y.len() / self.size;
        if batch >= TASKS {
            let positions = (self.job)(0).positions.iter().product::<usize>().max(1);
            let images = POSITIONS.div_ceil(positions).clamp(1, batch.div_ceil(TASKS));
            y.par_chunks_mut(images * self.size).enumerate().for_each(|(task, y)| {
                with_kernel(kernel, || {
                    let sources = self.spread(x, task * images, y.len() / self.size);
                    if self.jobs().count() < self.count {
                        y.fill(T::ZERO);
                    }
                    self.images(sources.data(), y);
                });
            });
            return;
        }
        // A few images alone would leave threads without work: then rows of positions are tasks.
        let sources = self.spread(x, 0, batch);
        if self.jobs().count() < self.count {
            y.fill(T::ZERO);
        }
        for job in self.jobs() {
            let [height, width] = job.positions;
            let parts = TASKS.div_ceil(batch).min(height).max(1);
            let rows = height.div_ceil(parts);
            let size = job.outputs * rows * width;
            let mut results = Array::scratch([batch * parts, size]);
            let place = |task: usize| {
                (task / parts, task % parts * rows, rows.min(height.saturating_sub(task % parts * rows)))
            };
            results.data_mut().par_chunks_mut(size.max(1)).enumerate().for_each(|(task, result)| {
                let (image, top, rows) = place(task);
                let source = &sources.data()[image * self.layout.size()..][..self.layout.size()];
                with_kernel(kernel, || self.product(&job, source, [1, top, rows], result, rows * width));
            });
            for (task, result) in results.data().chunks(size.max(1)).enumerate() {
                let (image, top, rows) = place(task);
                let part = Part { results: result, cols: rows * width, first: 0, top, rows };
                job.place(part, &mut y[image * self.size..][..self.size]);
            }
        }
    }

    /// The jobs but those without a tap, whose results are zeros.
    fn jobs(&self) -> impl Iterator<Item = Job<'a, T>> {
        (0..self.count).map(&self.job).filter(|job| !job.taps.is_empty() || job.bias.is_some())
    }

    /// `count` images from `first` on, spread, each a task.
    fn spread(&self, x: &[T], first: usize, count: usize) -> Array<T> {
        let (image, spread) = (self.layout.image_size(), self.layout.size());
        let mut sources = Array::scratch([count, spread]);
        sources.data_mut().chunks_mut(spread.max(1)).enumerate().for_each(|(number, to)| {
            to.fill(T::ZERO);
            let image = &x[(first + number) * image..][..image];
            simd::at_level(Level::detect(), Spread { layout: &self.layout, image, to });
        });
        sources
    }

    /// All positions of all jobs, for some images.
    fn images(&self, sources: &[T], y: &mut [T]) {
        for first in (0..self.count).step_by(self.abreast) {
            let job = |number: usize| (self.job)(first + number);
            let has_nothing = |job: &Job<'_, T>| job.taps.is_empty() && job.bias.is_none();
            let is_empty = |job: &Job<'_, T>| has_nothing(job) || job.positions.contains(&0);
            if self.abreast == 2 && !is_empty(&job(0)) && !is_empty(&job(1)) {
                self.of_images([job(0), job(1)], sources, y);
                continue;
            }
            (0..self.abreast)
                .map(job)
                .filter(|job| !is_empty(job))
                .for_each(|job| self.of_images([job], sources, y));
        }
    }

    // ANCHOR: images
    /// All positions of a job, or of two that are woven into the same rows, for some images.
    fn of_images<const N: usize>(&self, jobs: [Job<'a, T>; N], sources: &[T], y: &mut [T]) {
        let ([height, width], count) = (jobs[0].positions, y.len() / self.size);
        let in_place = N == 1 && count == 1 && jobs[0].step == [1, 1] && jobs[0].positions == jobs[0].target;
        let together = if count > 1 { height } else { rows_together(height, width, RESULT) };
        let size = |job: &Job<'_, T>| job.outputs * count * together * job.positions[1];
        let mut results = jobs.each_ref().map(|job| Array::scratch([if in_place { 0 } else { size(job) }]));
        for top in (0..height).step_by(together) {
            let rows = together.min(height - top);
            if in_place {
                self.product(&jobs[0], sources, [1, top, rows], &mut y[top * width..], height * width);
                continue;
            }
            for (job, result) in jobs.iter().zip(&mut results) {
                self.product(
                    job,
                    sources,
                    [count, top, rows],
                    result.data_mut(),
                    count * rows * job.positions[1],
                );
            }
            for (number, y) in y.chunks_mut(self.size).enumerate() {
                let parts: [Part<'_, T>; N] = std::array::from_fn(|i| {
                    let each = rows * jobs[i].positions[1];
                    Part { results: results[i].data(), cols: count * each, first: number * each, top, rows }
                });
                match (&jobs[..], &parts[..]) {
                    ([one, other], [part, others]) => weave([one, other], [*part, *others], y),
                    _ => jobs[0].place(parts[0], y),
                }
            }
        }
    }
    // ANCHOR_END: images

    // ANCHOR: product
    /// `W P + bias` at some rows of positions of some images; rows of the result lie `step` apart. The matrix of patches comes in
    /// parts of a few taps and positions, each of which is made, multiplied and forgotten.
    fn product(
        &self,
        job: &Job<'_, T>,
        sources: &[T],
        [count, top, rows]: [usize; 3],
        y: &mut [T],
        step: usize,
    ) {
        let (all, [_, width], size) = (job.taps.len(), job.positions, self.layout.size().max(1));
        let each = rows * width;
        if each == 0 {
            return;
        }
        if let Some(bias) = job.bias {
            y.chunks_mut(step).zip(bias).for_each(|(y, &bias)| y[..count * each].fill(bias));
        }
        // A part sees some rows of one image, or all rows of some.
        let (part, images) = (COLUMNS.div_ceil(width).min(rows), (COLUMNS / each).clamp(1, count.max(1)));
        let taps = (PATCHES / (images * part * width)).clamp(16, all.max(16));
        let mut patches = Array::scratch([taps * images * part * width]);
        for tap in (0..all).step_by(taps) {
            let of_part = &job.taps[tap..all.min(tap + taps)];
            let w = Window::new(&job.weight[tap..], [job.outputs, of_part.len()], [job.pitch, 1]);
            for image in (0..count).step_by(images) {
                for row in (0..rows).step_by(part) {
                    let (part, images) = (part.min(rows - row), images.min(count - image));
                    let cols = images * part * width;
                    for number in 0..images {
                        let source = &sources[(image + number) * size..][..size];
                        let at = [top + row, part];
                        self.patches(of_part, source, width, at, patches.data_mut(), [cols, number * each]);
                    }
                    let p = Window::new(patches.data(), [of_part.len(), cols], [cols, 1]);
                    let y = &mut y[image * each + row * width..];
                    let add = tap > 0 || job.bias.is_some();
                    gemm_into(w, p, add, &mut WindowMut::new(y, [job.outputs, cols], step));
                }
            }
        }
    }
    // ANCHOR_END: product

    /// What some taps see at `rows` rows of `width` positions from row `top` on, from column `first` of a matrix with `cols` on.
    fn patches(
        &self,
        taps: &[i64],
        source: &[T],
        width: usize,
        [top, rows]: [usize; 2],
        to: &mut [T],
        [cols, first]: [usize; 2],
    ) {
        let pitch = self.layout.pitch();
        let source = &source[top * pitch..];
        simd::at_level(Level::detect(), Patches { taps, source, pitch, rows, width, to, step: cols, first });
    }
}

/// Results at `rows` rows of positions from `top` on: from column `first` of a matrix with `cols` columns on.
#[derive(Clone, Copy)]
struct Part<'a, T> {
    results: &'a [T],
    cols: usize,
    first: usize,
    top: usize,
    rows: usize,
}

impl<T: Float> Job<'_, T> {
    /// Puts results where their positions are in one image.
    fn place(&self, part: Part<'_, T>, y: &mut [T]) {
        let (Part { results, cols, first, top, rows }, [_, width]) = (part, self.positions);
        let [height, line] = self.target;
        if rows * width == 0 {
            return;
        }
        for (y, result) in y.chunks_mut(height * line).zip(results.chunks(cols)) {
            for (row, result) in result[first..][..rows * width].chunks(width).enumerate() {
                let y = &mut y[(self.origin[0] + (top + row) * self.step[0]) * line + self.origin[1]..];
                if self.step[1] == 1 {
                    y[..width].copy_from_slice(result);
                } else {
                    y.iter_mut().step_by(self.step[1]).zip(result).for_each(|(y, &x)| *y = x);
                }
            }
        }
    }
}

/// Puts the results of two jobs in the same rows of one image: those of one in the even columns, of the other in the odd.
fn weave<T: Float>(jobs: [&Job<'_, T>; 2], parts: [Part<'_, T>; 2], y: &mut [T]) {
    let even = jobs[0].origin[1];
    let ([job, other], [even, odd]) = ([jobs[even], jobs[1 - even]], [parts[even], parts[1 - even]]);
    let widths = [job.positions[1], other.positions[1]];
    let Job { origin: [origin, _], step: [step, _], target, .. } = *job;
    simd::at_level(Level::detect(), Weave { even, odd, widths, origin, step, target, y });
}

struct Weave<'a, T> {
    even: Part<'a, T>,
    odd: Part<'a, T>,
    widths: [usize; 2],
    /// The first row, and from one to the next.
    origin: usize,
    step: usize,
    target: [usize; 2],
    y: &'a mut [T],
}

impl<T: Float> simd::Body for Weave<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Weave { even, odd, widths, origin, step, target: [height, line], y } = self;
        let channels =
            y.chunks_mut(height * line).zip(even.results.chunks(even.cols)).zip(odd.results.chunks(odd.cols));
        for ((y, evens), odds) in channels {
            for row in 0..even.rows {
                let evens = &evens[even.first + row * widths[0]..][..widths[0]];
                let odds = &odds[odd.first + row * widths[1]..][..widths[1]];
                let y = &mut y[(origin + (even.top + row) * step) * line..][..line];
                let (pairs, last) = y.as_chunks_mut::<2>();
                for ((pair, &even), &odd) in pairs.iter_mut().zip(evens).zip(odds) {
                    *pair = [even, odd];
                }
                if let ([last], [.., even]) = (last, evens) {
                    *last = *even;
                }
            }
        }
    }
}
