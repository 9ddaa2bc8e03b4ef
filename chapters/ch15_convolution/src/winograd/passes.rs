//! The three passes: blocks of tiles through transform, products and transform back.

use ch01_tensors::{Array, Tensor};
use ch02_matmul::{Kernel, Window, WindowMut, gemm_into, with_kernel};
use rayon::prelude::*;

use super::POINTS;
use super::kernels::{KernelGradients, Kernels, Places};
use super::lanes::{lanes, run};
use super::tiles::{Block, Grid, Outputs, Patches};
use crate::conv2d::FEW;
use crate::problem::Problem;

/// Whether this way is worth it: with few channels the transforms take longer than they save, with few tiles those of the
/// weights do, unless they are there (`ready`); but a vector should be full of tiles.
pub(crate) fn fits(problem: &Problem, ready: bool) -> bool {
    let grid = Grid::new(problem.window.input);
    is_possible(problem)
        && problem.inputs.min(problem.outputs) >= 16
        && problem.batch * grid.down * grid.across >= if ready { 16 } else { 64 }
}

/// Whether there is this way.
pub(super) fn is_possible(problem: &Problem) -> bool {
    let Problem { batch, inputs, outputs, groups, window } = *problem;
    window.kernel == [3, 3]
        && window.stride == [1, 1]
        && window.padding == [1, 1]
        && window.dilation == [1, 1]
        && groups == 1
        && [batch, inputs, outputs].iter().all(|&size| size > 0)
}

/// Output channels whose products are in the cache together.
const TOGETHER: usize = 64;

/// Numbers of a transformed matrix `[channels, tiles]` for a block, about: 36 of them and of the products fill half of the
/// second-level cache.
const MATRIX: usize = 1 << 12;

/// From one of the 36 matrices to the next: not a power of two, or they would push each other out of the cache.
fn step(size: usize) -> usize {
    size.next_multiple_of(16) + 16
}

/// The blocks of some images: at most `tiles` tiles each, but at least a row of tiles, in whole vectors.
fn blocks(
    grid: Grid,
    channels: usize,
    images: usize,
    tiles: usize,
    lanes: usize,
) -> impl Iterator<Item = Block> {
    let all = images * grid.down;
    let rows = (tiles / grid.across).clamp(1, all.max(1));
    let tiles = (rows * grid.across).next_multiple_of(lanes);
    (0..all).step_by(rows).map(move |first| {
        let rows = rows.min(all - first);
        Block { grid, channels, first, rows, tiles, pitch: tiles }
    })
}

/// Kernels at the points: for each group of up to [`TOGETHER`] output channels 36 matrices `[group, inputs]`.
fn transform_kernels(kernel: Kernel, weight: &[f32], outputs: usize, places: Places) -> Tensor {
    let mut points = Tensor::scratch([POINTS * outputs * places.inputs]);
    let groups = points.data_mut().par_chunks_mut(POINTS * TOGETHER * places.inputs).enumerate();
    groups.for_each(|(group, to)| {
        let outputs = to.len() / (POINTS * places.inputs);
        // SAFETY: the processor has the kernel's instructions.
        unsafe { run(kernel, Kernels { weight, places, first: group * TOGETHER, outputs, to }) }
    });
    points
}

/// The kernels at the points, as [`forward`] reads them.
pub(crate) fn points(problem: &Problem, weight: &Tensor) -> Tensor {
    let Problem { inputs, outputs, .. } = *problem;
    let places = Places { output: 9 * inputs, input: 9, flipped: false, inputs };
    transform_kernels(Kernel::in_use(), weight.clone().contiguous().data(), outputs, places)
}

/// `y`, of the kernels at the points; the sizes are checked, and fit.
pub(crate) fn forward(problem: &Problem, x: &Tensor, points: &Tensor, bias: Option<&Tensor>) -> Tensor {
    convolve(problem, [problem.inputs, problem.outputs], x, points, bias)
}

/// `dL/dx`: a convolution of `grad` with the flipped kernels.
pub(crate) fn input_gradient(problem: &Problem, grad: &Tensor, weight: &Tensor) -> Tensor {
    let Problem { inputs, outputs, .. } = *problem;
    let places = Places { output: 9, input: 9 * inputs, flipped: true, inputs: outputs };
    let points = transform_kernels(Kernel::in_use(), weight.clone().contiguous().data(), inputs, places);
    convolve(problem, [outputs, inputs], grad, &points, None)
}

fn convolve(
    problem: &Problem,
    [inputs, outputs]: [usize; 2],
    x: &Tensor,
    points: &Tensor,
    bias: Option<&Tensor>,
) -> Tensor {
    let kernel = Kernel::in_use();
    let x = x.clone().contiguous();
    let bias = bias.map(|bias| bias.clone().contiguous());
    let bias = bias.as_ref().map(Tensor::data);
    let grid = Grid::new(problem.window.input);
    let tiles = (MATRIX / inputs).clamp(32, 64);
    let images = (tiles / (grid.down * grid.across)).clamp(1, problem.batch.div_ceil(8));
    let mut y = Tensor::scratch([problem.batch, outputs, grid.height, grid.width]);
    // Images are tasks. A few alone would leave threads without work: then the output channels are cut too, and each task
    // transforms the image for itself, which is quicker than to fetch it from another processor's cache. A number of the
    // output is the same sum in any case.
    let parts = if problem.batch < FEW { rayon::current_num_threads().min(outputs.div_ceil(16)) } else { 1 };
    let channels = if parts > 1 { outputs.div_ceil(parts).next_multiple_of(16) } else { outputs };
    let tasks = y.data_mut().par_chunks_mut(images * outputs * grid.area());
    tasks.zip(x.data().par_chunks(images * inputs * grid.area())).for_each(|(y, x)| {
        let images = x.len() / (inputs * grid.area());
        let part = |(part, y): (usize, &mut [f32])| {
            with_kernel(kernel, || {
                let channels = [part * channels, y.len() / (images * grid.area()), outputs];
                for block in blocks(grid, inputs, images, tiles, lanes(kernel)) {
                    convolve_block(kernel, block, x, points.data(), bias, channels, y);
                }
            });
        };
        match parts {
            1 => part((0, y)),
            _ => y.par_chunks_mut(channels * grid.area()).enumerate().with_max_len(1).for_each(part),
        }
    });
    y
}

// ANCHOR: block
/// `count` channels of the output from `first` on, of `outputs`; `y` has room for those.
fn convolve_block(
    kernel: Kernel,
    block: Block,
    x: &[f32],
    points: &[f32],
    bias: Option<&[f32]>,
    [first, count, outputs]: [usize; 3],
    y: &mut [f32],
) {
    let (inputs, tiles) = (block.channels, block.tiles);
    let (plane, product) = (step(inputs * tiles), step(TOGETHER * tiles));
    let mut room = Tensor::scratch([block.room()]);
    let (mut patches, mut products) =
        (Tensor::scratch([POINTS * plane]), Tensor::scratch([POINTS * product]));
    transform::<true>(kernel, block, [0, inputs], x, room.data_mut(), patches.data_mut(), plane);
    let (mut channel, end) = (first, first + count);
    while channel < end {
        // The group of points that the channel belongs to.
        let group = channel / TOGETHER * TOGETHER;
        let size = TOGETHER.min(outputs - group);
        let some = (group + size).min(end) - channel;
        for point in 0..POINTS {
            let w = &points[(POINTS * group + point * size + channel - group) * inputs..];
            let w = Window::new(w, [some, inputs], [inputs, 1]);
            let x = Window::new(&patches.data()[point * plane..], [inputs, tiles], [tiles, 1]);
            let to = &mut products.data_mut()[point * product..];
            gemm_into(w, x, false, &mut WindowMut::new(to, [some, tiles], tiles));
        }
        for (tile, part) in (Block { channels: count, ..block }).parts(lanes(kernel)) {
            let work = Outputs {
                block: part,
                products: &products.data()[tile..],
                plane: product,
                channels: [channel - first, some],
                bias: bias.map(|bias| &bias[channel..]),
                room: room.data_mut(),
                to: y,
            };
            // SAFETY: the processor has the kernel's instructions.
            unsafe { run(kernel, work) }
        }
        channel += some;
    }
}
// ANCHOR_END: block

/// The tiles of a block at the points, of some channels: the first, and how many.
fn transform<const HALO: bool>(
    kernel: Kernel,
    block: Block,
    channels: [usize; 2],
    images: &[f32],
    room: &mut [f32],
    to: &mut [f32],
    plane: usize,
) {
    let lanes = lanes(kernel);
    let mut neighbours = Array::<i32>::scratch([block.tiles / lanes]);
    for (tile, part) in block.parts(lanes) {
        let neighbours = neighbours.data_mut();
        neighbours.iter_mut().zip(part.neighbours(lanes)).for_each(|(to, mask)| *to = mask);
        let work =
            Patches::<HALO> { block: part, channels, images, neighbours, room, to: &mut to[tile..], plane };
        // SAFETY: the processor has the kernel's instructions.
        unsafe { run(kernel, work) }
    }
}

/// Numbers of all partial sums of a weight gradient, about.
const SUMS: usize = 5 << 20;

/// `dL/dweight`: the products at the points are summed over tiles, in groups of images, then over the groups.
///
/// Where the sums of one group are large already there are fewer groups than threads. Then the output channels are cut too,
/// and each part transforms the image for itself; a number of the gradient is the same sum in any case.
pub(crate) fn weight_gradient(problem: &Problem, grad: &Tensor, x: &Tensor) -> Tensor {
    let kernel = Kernel::in_use();
    let Problem { batch, inputs, outputs, .. } = *problem;
    let (grad, x) = (grad.clone().contiguous(), x.clone().contiguous());
    let grid = Grid::new(problem.window.input);
    let groups = (SUMS / (POINTS * outputs * inputs)).clamp(1, 16).next_power_of_two();
    let images = batch.div_ceil(groups);
    let groups = batch.div_ceil(images);
    let parts = rayon::current_num_threads().div_ceil(groups).min(outputs.div_ceil(TOGETHER));
    let channels = outputs.div_ceil(parts);
    let parts = outputs.div_ceil(channels);
    let (matrix, group) = (channels * inputs, POINTS * channels * inputs);
    let mut sums = Tensor::scratch([parts, groups, group]);
    sums.data_mut().par_chunks_mut(group).enumerate().for_each(|(task, sums)| {
        let (part, first) = (task / groups, task % groups * images);
        let part = [part * channels, channels.min(outputs - part * channels)];
        with_kernel(kernel, || {
            let count = images.min(batch - first);
            let x = &x.data()[first * inputs * grid.area()..];
            let grad = &grad.data()[first * outputs * grid.area()..];
            for block in blocks(grid, inputs, count, WEIGHT_TILES, lanes(kernel)) {
                let of_output = Block { channels: outputs, ..block };
                sum_block(kernel, [of_output, block], part, [grad, x], matrix, sums);
            }
        });
    });
    let mut dweight = Tensor::scratch([outputs, inputs, 3, 3]);
    let rows = channels.div_ceil(16);
    dweight.data_mut().par_chunks_mut(matrix * 9).zip(sums.data().par_chunks(groups * group)).for_each(
        |(to, sums)| {
            to.par_chunks_mut(rows * inputs * 9).enumerate().for_each(|(some, to)| {
                let work = KernelGradients { sums, group, plane: matrix, inputs, first: some * rows, to };
                // SAFETY: the processor has the kernel's instructions.
                unsafe { run(kernel, work) }
            });
        },
    );
    dweight
}

/// Tiles of a block for the gradient of the weights: the inner axis of the products.
const WEIGHT_TILES: usize = 64;

/// Adds what a block gives, for `count` channels of the output from `first` on; `plane` lies between the points' sums. The
/// first block is not added to what is there.
fn sum_block(
    kernel: Kernel,
    [of_output, of_input]: [Block; 2],
    [first, count]: [usize; 2],
    [grad, x]: [&[f32]; 2],
    plane: usize,
    sums: &mut [f32],
) {
    let (inputs, tiles) = (of_input.channels, of_input.tiles);
    let planes = [step(count * tiles), step(inputs * tiles)];
    let mut room = Tensor::scratch([of_input.room()]);
    let room = room.data_mut();
    let (mut left, mut right) =
        (Tensor::scratch([POINTS * planes[0]]), Tensor::scratch([POINTS * planes[1]]));
    transform::<false>(kernel, of_output, [first, count], grad, room, left.data_mut(), planes[0]);
    transform::<true>(kernel, of_input, [0, inputs], x, room, right.data_mut(), planes[1]);
    for (point, sums) in sums.chunks_mut(plane).enumerate() {
        let g = Window::new(&left.data()[point * planes[0]..], [count, tiles], [tiles, 1]);
        let x = Window::new(&right.data()[point * planes[1]..], [inputs, tiles], [tiles, 1]);
        let mut to = WindowMut::new(sums, [count, inputs], inputs);
        gemm_into(g, x.t(), of_input.first > 0, &mut to);
    }
}
