//! The three passes: images padded, weights put in the order in which they are read, tiles handed to the kernels.

use ch01_tensors::{Array, Tensor};
use ch02_matmul::Kernel;
use rayon::prelude::*;

use super::kernels::{self, LANES, Pair, Place, ROWS, VECTORS, WEIGHT_ROWS, WEIGHT_TAPS};
use crate::problem::Problem;

/// Whether the kernels can do it.
pub(crate) fn fits(problem: &Problem) -> bool {
    let [height, width] = problem.window.output();
    Kernel::in_use() == Kernel::Avx512
        && problem.window.stride == [1, 1]
        && problem.window.dilation == [1, 1]
        && problem.groups == 1
        && width % 8 == 0
        && (height * width) % LANES == 0
        && problem.taps() > 0
        // Offsets are 32 bits wide.
        && problem.inputs.saturating_mul(padded_plane(problem)) < i32::MAX as usize
}

/// Height and width of a padded channel.
fn padded(problem: &Problem) -> [usize; 2] {
    let window = &problem.window;
    [0, 1].map(|i| window.input[i] + 2 * window.padding[i])
}

fn padded_plane(problem: &Problem) -> usize {
    let [height, width] = padded(problem);
    height.saturating_mul(width)
}

/// Offsets into a padded image, the same for every image of a call.
struct Layout {
    /// Where the tap `(c, u, v)` begins.
    taps: Array<i32>,
    /// Where the halves of each vector of positions begin, relative to a tap.
    places: Array<i32>,
    /// Whether the halves of a vector can lie apart.
    halves: bool,
    /// The numbers of a padded image.
    image: usize,
}

impl Layout {
    fn new(problem: &Problem) -> Self {
        let ([_, pitch], plane) = (padded(problem), padded_plane(problem));
        let [rows, cols] = problem.window.kernel;
        let [_, width] = problem.window.output();
        let mut taps = Array::scratch([problem.taps()]);
        for (c, taps) in taps.data_mut().chunks_mut(rows * cols).enumerate() {
            for (u, taps) in taps.chunks_mut(cols).enumerate() {
                for (v, tap) in taps.iter_mut().enumerate() {
                    *tap = (c * plane + u * pitch + v) as i32;
                }
            }
        }
        let mut places = Array::scratch([problem.positions() / 8]);
        for (number, place) in places.data_mut().iter_mut().enumerate() {
            let position = 8 * number;
            *place = (position / width * pitch + position % width) as i32;
        }
        Layout { taps, places, halves: width % LANES != 0, image: problem.inputs * plane }
    }

    fn places(&self) -> &[Place] {
        self.places.data().as_chunks::<2>().0
    }
}

/// Copies an image into a buffer with room for its border, and fills that with zeros.
fn pad(problem: &Problem, image: &[f32], into: &mut [f32]) {
    let ([_, pitch], plane) = (padded(problem), padded_plane(problem));
    let ([height, width], [above, left]) = (problem.window.input, problem.window.padding);
    if above == 0 && left == 0 {
        return into.copy_from_slice(image);
    }
    if image.is_empty() {
        // All of it is border.
        return into.fill(0.0);
    }
    for (plane, image) in into.chunks_mut(plane).zip(image.chunks(height * width)) {
        // The border behind a row and that before the next one are neighbours.
        plane[..above * pitch + left].fill(0.0);
        for (row, numbers) in image.chunks(width).enumerate() {
            let row = &mut plane[(above + row) * pitch + left..][..width + 2 * left];
            let (inside, border) = row.split_at_mut(width);
            // SAFETY: `fits` has asked for the instructions.
            unsafe { kernels::copy(numbers, inside) };
            border.fill(0.0);
        }
        plane[(above + height) * pitch..].fill(0.0);
    }
}

/// `[outputs, taps]` as panels of `ROWS` outputs, tap after tap: `[outputs / ROWS, taps, ROWS]`, filled up with zeros.
pub(crate) fn panels(problem: &Problem, weight: &Tensor) -> Tensor {
    let (outputs, taps) = (problem.outputs, problem.taps());
    let weight = weight.clone().contiguous();
    let weight = weight.data();
    let mut panels = Tensor::scratch([outputs.div_ceil(ROWS), taps, ROWS]);
    panels.data_mut().par_chunks_mut(taps * ROWS).enumerate().for_each(|(panel, packed)| {
        for m in 0..ROWS {
            let output = panel * ROWS + m;
            let packed = packed[m..].iter_mut().step_by(ROWS);
            match weight.get(output * taps..(output + 1) * taps) {
                Some(row) => packed.zip(row).for_each(|(packed, &w)| *packed = w),
                None => packed.for_each(|packed| *packed = 0.0),
            }
        }
    });
    panels
}

/// Operations below which threads are not worth their while.
const SMALL: usize = 1 << 22;

/// The convolution, with the weights as [`panels`], of what [`fits`].
pub(crate) fn forward(problem: &Problem, x: &Tensor, panels: &Tensor, bias: Option<&Tensor>) -> Tensor {
    assert!(fits(problem));
    let x = x.clone().contiguous();
    let bias = bias.map(|bias| bias.clone().contiguous());
    let layout = Layout::new(problem);
    let (outputs, positions, taps) = (problem.outputs, problem.positions(), problem.taps());
    let mut y = Tensor::scratch(problem.output_shape());
    // A few images alone would leave threads without work: then the output channels are cut too.
    let panel_count = outputs.div_ceil(ROWS);
    let small = 2 * outputs * positions * taps < SMALL;
    let parts = if small || problem.batch >= 16 { 1 } else { panel_count.min(4) };
    let channels = panel_count.div_ceil(parts.max(1)) * ROWS;
    let image = |number: usize, y: &mut [f32]| {
        let mut buffer = Tensor::scratch([layout.image]);
        pad(problem, &x.data()[number * problem.image()..][..problem.image()], buffer.data_mut());
        let tasks = y.par_chunks_mut(channels * positions).enumerate();
        let part = |(part, y): (usize, &mut [f32])| {
            let first = part * channels;
            let bias = bias.as_ref().map(|bias| &bias.data()[first..]);
            let panels = &panels.data()[first * taps..];
            // SAFETY: `fits` has asked for the instructions.
            unsafe {
                if layout.halves {
                    channels_of_image::<true>(&layout, panels, bias, buffer.data(), y, positions);
                } else {
                    channels_of_image::<false>(&layout, panels, bias, buffer.data(), y, positions);
                }
            }
        };
        tasks.for_each(part);
    };
    let images = y.data_mut().par_chunks_mut((outputs * positions).max(1)).enumerate();
    images.for_each(|(number, y)| image(number, y));
    y
}

/// Some output channels of one image: for each group of vectors, whose surroundings stay in the first-level cache, all channels.
///
/// # Safety
/// The processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn channels_of_image<const HALVES: bool>(
    layout: &Layout,
    panels: &[f32],
    bias: Option<&[f32]>,
    image: &[f32],
    y: &mut [f32],
    positions: usize,
) {
    let taps = layout.taps.data();
    let outputs = y.len() / positions;
    assert!(image.len() >= layout.image && panels.len() >= outputs.next_multiple_of(ROWS) * taps.len());
    let places = layout.places();
    let vectors = positions / LANES;
    let mut vector = 0;
    while vector < vectors {
        let together = if vectors - vector >= VECTORS { VECTORS } else { 1 };
        for first in (0..outputs).step_by(ROWS) {
            let rows = ROWS.min(outputs - first);
            let mut start = [0.0; ROWS];
            if let Some(bias) = bias {
                start[..rows].copy_from_slice(&bias[first..first + rows]);
            }
            let panel = panels[first * taps.len()..].as_ptr();
            let to = (y[first * positions + vector * LANES..].as_mut_ptr(), positions, rows);
            // SAFETY: the panel has ROWS numbers for each tap. The last number that a tap and a place reach is the last of
            // the padded image, whose length was checked. The vectors lie inside their channel of `y`.
            unsafe {
                match together {
                    VECTORS => {
                        let places = std::array::from_fn(|n| places[vector + n]);
                        kernels::forward::<VECTORS, HALVES>(panel, taps, image.as_ptr(), places, &start, to);
                    }
                    _ => kernels::forward::<1, HALVES>(
                        panel,
                        taps,
                        image.as_ptr(),
                        [places[vector]],
                        &start,
                        to,
                    ),
                }
            }
        }
        vector += together;
    }
}

/// `dL/dx`, if the kernels can do it: the convolution of `grad` with the flipped kernel.
pub(crate) fn input_gradient(problem: &Problem, grad: &Tensor, weight: &Tensor) -> Option<Tensor> {
    let window = &problem.window;
    let (kernel, padding) = (window.kernel, window.padding);
    let moves = window.stride != [1, 1] || window.dilation != [1, 1] || problem.groups != 1;
    if moves || padding[0] >= kernel[0] || padding[1] >= kernel[1] {
        return None;
    }
    let mut back = *problem;
    (back.inputs, back.outputs) = (problem.outputs, problem.inputs);
    back.window.input = window.output();
    back.window.padding = [kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]];
    if !fits(&back) {
        return None;
    }
    let flipped = weight.clone().transpose(0, 1).flip(2).flip(3).contiguous();
    Some(forward(&back, grad, &panels(&back, &flipped), None))
}

/// Images that one task sums over. Fixed, so that the order of the sum is always the same.
const IMAGES: usize = 16;
/// Positions that a tile sums over before its vectors of partial sums become numbers: few enough that the gradient's rows stay
/// in the first-level cache, many enough that the last step costs little.
const POSITIONS: usize = 1024;

/// `dL/dweight`, if the kernels can do it.
pub(crate) fn weight_gradient(problem: &Problem, grad: &Tensor, x: &Tensor) -> Option<Tensor> {
    if !fits(problem) {
        return None;
    }
    let (grad, x) = (grad.clone().contiguous(), x.clone().contiguous());
    let layout = Layout::new(problem);
    let (outputs, taps) = (problem.outputs, problem.taps());
    let (padded_outputs, padded_taps) = (outputs.next_multiple_of(LANES), taps.next_multiple_of(WEIGHT_TAPS));
    let tasks = problem.batch.div_ceil(IMAGES);
    let mut sums = Tensor::scratch([tasks, padded_taps, padded_outputs]);
    sums.data_mut().par_chunks_mut((padded_taps * padded_outputs).max(1)).enumerate().for_each(
        |(task, sums)| {
            sums.fill(0.0);
            let together = (POSITIONS / problem.positions()).clamp(1, IMAGES);
            let mut buffer = Tensor::scratch([together, layout.image]);
            let end = ((task + 1) * IMAGES).min(problem.batch);
            for first in (task * IMAGES..end).step_by(together) {
                let images = together.min(end - first);
                for (number, padded) in buffer.data_mut().chunks_mut(layout.image).take(images).enumerate() {
                    pad(problem, &x.data()[(first + number) * problem.image()..][..problem.image()], padded);
                }
                let step = outputs * problem.positions();
                let grad = &grad.data()[first * step..][..images * step];
                // SAFETY: `fits` has asked for the instructions.
                unsafe {
                    if layout.halves {
                        weights_of_images::<true>(problem, &layout, grad, buffer.data(), sums, images);
                    } else {
                        weights_of_images::<false>(problem, &layout, grad, buffer.data(), sums, images);
                    }
                }
            }
        },
    );
    let [height, width] = problem.window.kernel;
    let mut dweight = Tensor::scratch([outputs, problem.inputs, height, width]);
    dweight.data_mut().par_chunks_mut((taps * LANES).max(1)).enumerate().for_each(|(part, rows)| {
        for tap in 0..taps {
            let mut total = [0.0; LANES];
            for of_task in sums.data().chunks(padded_taps * padded_outputs) {
                let sixteen = &of_task[tap * padded_outputs + part * LANES..][..LANES];
                total.iter_mut().zip(sixteen).for_each(|(total, sum)| *total += sum);
            }
            rows[tap..].iter_mut().step_by(taps).zip(total).for_each(|(row, total)| *row = total);
        }
    });
    Some(dweight)
}

/// Adds what a few images give to the gradient of the weights, `[taps, outputs]` in `sums`.
///
/// # Safety
/// The processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn weights_of_images<const HALVES: bool>(
    problem: &Problem,
    layout: &Layout,
    grad: &[f32],
    images: &[f32],
    sums: &mut [f32],
    count: usize,
) {
    let (outputs, positions, taps) = (problem.outputs, problem.positions(), layout.taps.data());
    let stride = outputs.next_multiple_of(LANES);
    assert!(sums.len() >= taps.len().next_multiple_of(WEIGHT_TAPS) * stride);
    assert!(grad.len() >= count * outputs * positions && images.len() >= count * layout.image);
    let places = layout.places();
    for first in (0..outputs).step_by(WEIGHT_ROWS) {
        // Beyond the last channel and the last tap the last ones are repeated; nobody reads those sums.
        let pair = Pair {
            grad: grad.as_ptr(),
            channels: std::array::from_fn(|m| (first + m).min(outputs - 1) * positions),
            grad_step: outputs * positions,
            image: images.as_ptr(),
            image_step: layout.image,
            images: count,
            soon: grad.as_ptr(),
        };
        for (number, tap) in (0..taps.len()).step_by(WEIGHT_TAPS).enumerate() {
            // While the first tiles work on these channels, the next ones come from memory: one for each tile.
            let soon =
                grad.as_ptr().wrapping_add((first + WEIGHT_ROWS + number.min(WEIGHT_ROWS - 1)) * positions);
            let pair = Pair { soon, ..pair };
            let of_tile = std::array::from_fn(|k| taps[(tap + k).min(taps.len() - 1)]);
            let to = sums[tap * stride + first..].as_mut_ptr();
            // SAFETY: gradients and images have the lengths checked above, and there is a place for each vector of positions.
            // `sums` has `WEIGHT_TAPS` more rows from `tap` on, each of `stride` numbers.
            unsafe { kernels::weight_gradient::<HALVES>(pair, &of_tile, places, to, stride) };
        }
    }
}
