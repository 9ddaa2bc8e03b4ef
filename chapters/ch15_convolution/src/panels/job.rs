//! A convolution with stride 1 over spread images: the common part of the passes forward and backward to the input.

use ch01_tensors::{Array, Float};
use ch02_matmul::{Kernel, Window, WindowMut, gemm_into, with_kernel};
use ch03_neurons::simd::{self, Level};
use rayon::prelude::*;

use super::source::{Layout, Patches, Spread};

/// Numbers of a part of the matrix of patches, about: it stays in the second-level cache.
const PATCHES: usize = 1 << 17;
/// Positions that a product has at least, if there are as many in the batch: of several images, if they are small.
const POSITIONS: usize = 128;
/// Tasks that there are at least, if there are as many rows of positions.
const TASKS: usize = 8;

/// Rows of `width` positions whose patches are made together, of `rows` in all: at least one, and more as long as there is
/// room for `taps` numbers at each position.
pub(super) fn rows_together(rows: usize, width: usize, taps: usize) -> usize {
    let most = (PATCHES / (taps * width).max(1)).clamp(1, rows.max(1));
    // Parts of nearly one size.
    rows.div_ceil(rows.div_ceil(most).max(1)).max(1)
}

/// What is done to every image.
pub(super) struct Job<'a, T> {
    /// Where each tap sees the first position.
    pub taps: &'a [i64],
    /// `[outputs, taps]`.
    pub weight: &'a [T],
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
                    self.jobs().for_each(|job| self.images(&job, sources.data(), y));
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
                let cols = rows * width;
                let mut patches = Array::scratch([job.taps.len(), cols]);
                let source = &sources.data()[image * self.layout.size()..][..self.layout.size()];
                with_kernel(kernel, || {
                    self.patches(&job, source, [top, rows], patches.data_mut(), [cols, 0]);
                    job.multiply(patches.data(), cols, result, cols);
                });
            });
            for (task, result) in results.data().chunks(size.max(1)).enumerate() {
                let (image, top, rows) = place(task);
                job.place(result, [rows * width, 0], [top, rows], &mut y[image * self.size..][..self.size]);
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

    // ANCHOR: images
    /// All positions of a job, for some images.
    fn images(&self, job: &Job<'_, T>, sources: &[T], y: &mut [T]) {
        let ([height, width], count) = (job.positions, y.len() / self.size);
        let in_place = count == 1 && job.step == [1, 1] && job.positions == job.target;
        let together = if count > 1 { height } else { rows_together(height, width, job.taps.len()) };
        let most = count * together * width;
        let mut patches = Array::scratch([job.taps.len(), most]);
        let mut result = Array::scratch([if in_place { 0 } else { job.outputs * most }]);
        for top in (0..height).step_by(together) {
            let rows = together.min(height - top);
            let (each, cols) = (rows * width, count * rows * width);
            for (number, source) in sources.chunks(self.layout.size().max(1)).enumerate() {
                self.patches(job, source, [top, rows], patches.data_mut(), [cols, number * each]);
            }
            if in_place {
                job.multiply(patches.data(), cols, &mut y[top * width..], height * width);
                continue;
            }
            job.multiply(patches.data(), cols, result.data_mut(), cols);
            for (number, y) in y.chunks_mut(self.size).enumerate() {
                job.place(result.data(), [cols, number * each], [top, rows], y);
            }
        }
    }
    // ANCHOR_END: images

    /// The patches at some rows of positions, from column `first` of a matrix with `cols` on.
    fn patches(
        &self,
        job: &Job<'_, T>,
        source: &[T],
        [top, rows]: [usize; 2],
        to: &mut [T],
        [cols, first]: [usize; 2],
    ) {
        let (pitch, width) = (self.layout.pitch(), job.positions[1]);
        if rows * width > 0 && !job.taps.is_empty() {
            let source = &source[top * pitch..];
            let work = Patches { taps: job.taps, source, pitch, rows, width, to, step: cols, first };
            simd::at_level(Level::detect(), work);
        }
    }
}

impl<T: Float> Job<'_, T> {
    /// `W P + bias`; rows of the result lie `step` apart.
    fn multiply(&self, patches: &[T], cols: usize, y: &mut [T], step: usize) {
        let taps = self.taps.len();
        if let (Some(bias), true) = (self.bias, cols > 0) {
            y.chunks_mut(step).zip(bias).for_each(|(y, &bias)| y[..cols].fill(bias));
        }
        let w = Window::new(self.weight, [self.outputs, taps], [taps, 1]);
        let p = Window::new(patches, [taps, cols], [cols, 1]);
        gemm_into(w, p, self.bias.is_some(), &mut WindowMut::new(y, [self.outputs, cols], step));
    }

    /// Puts results, from column `first` of a matrix with `cols` on, where their positions are in one image.
    fn place(&self, result: &[T], [cols, first]: [usize; 2], [top, rows]: [usize; 2], y: &mut [T]) {
        let ([_, width], [height, line]) = (self.positions, self.target);
        if rows * width == 0 {
            return;
        }
        for (y, result) in y.chunks_mut(height * line).zip(result.chunks(cols)) {
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
