//! The second rung: convolution as a product of matrices, image by image. The rungs above are checked against it.
//!
//! With the weights as `W`, `[out, taps]`, and the patches of an image as `P`, `[taps, positions]` (see
//! [`im2col`]): `y = W P`. By the rules for products, `dL/dW = sum over images of g Pᵀ` and `dL/dP = Wᵀ g`, which
//! [`col2im`] adds up to `dL/dx`.
//!
//! Images are tasks. The patches of one live in a buffer from the pool while the task runs; the matrix for the whole batch,
//! nine times the input for a 3x3 kernel, is never there. With a kernel of 1x1 that sees every number once, the patches are the
//! image as it lies, and nothing is copied.

use ch01_tensors::{Array, Float};
use ch02_matmul::{Window, WindowMut, gemm_into};
use rayon::prelude::*;

use crate::problem::Problem;
use crate::{col2im, im2col};

// ANCHOR: forward
/// Whether the matrix of patches is the image itself.
fn is_image(problem: &Problem) -> bool {
    let window = &problem.window;
    window.kernel == [1, 1] && window.stride == [1, 1] && window.padding == [0, 0]
}

/// Room for the patches of one image; none if they are the image.
fn room<T: Float>(problem: &Problem) -> Option<Array<T>> {
    (!is_image(problem)).then(|| Array::scratch([problem.taps(), problem.positions()]))
}

/// The patches of one image, in the room for them or where it lies.
fn patches<'a, T: Float>(problem: &Problem, x: &'a [T], room: &'a mut Option<Array<T>>) -> Window<'a, T> {
    let sizes = [problem.taps(), problem.positions()];
    let Some(room) = room else { return matrix(x, sizes) };
    im2col(x, problem.inputs, &problem.window, room.data_mut());
    matrix(room.data(), sizes)
}

/// `y = W P + bias`; the sizes are checked.
pub(crate) fn forward<T: Float>(
    problem: &Problem,
    x: &Array<T>,
    weight: &Array<T>,
    bias: Option<&Array<T>>,
) -> Array<T> {
    let (taps, positions) = (problem.taps(), problem.positions());
    let (x, weight) = (x.clone().contiguous(), weight.clone().contiguous());
    let bias = bias.map(|bias| bias.clone().contiguous());
    let mut y = Array::scratch(problem.output_shape());
    let images = y.data_mut().par_chunks_mut((problem.outputs * positions).max(1));
    images.enumerate().for_each(|(image, y)| {
        let x = &x.data()[image * problem.image()..][..problem.image()];
        if let Some(bias) = &bias {
            y.chunks_mut(positions).zip(bias.data()).for_each(|(y, &bias)| y.fill(bias));
        }
        let w = matrix(weight.data(), [problem.outputs, taps]);
        let mut y = WindowMut::new(y, [problem.outputs, positions], positions);
        gemm_into(w, patches(problem, x, &mut room(problem)), bias.is_some(), &mut y);
    });
    y
}
// ANCHOR_END: forward

// ANCHOR: input
/// `dL/dx`: `Wᵀ g`, every patch added back to where it came from.
pub(crate) fn input_gradient<T: Float>(problem: &Problem, grad: &Array<T>, weight: &Array<T>) -> Array<T> {
    let (taps, positions) = (problem.taps(), problem.positions());
    let (grad, weight) = (grad.clone().contiguous(), weight.clone().contiguous());
    let mut dx = Array::scratch(problem.input_shape());
    let images = dx.data_mut().par_chunks_mut(problem.image().max(1));
    let outputs = problem.outputs * positions;
    images.enumerate().for_each(|(image, dx)| {
        let grad = &grad.data()[image * outputs..][..outputs];
        let mut room = room(problem);
        let columns = room.as_mut().map_or(&mut *dx, Array::data_mut);
        let w = matrix(weight.data(), [problem.outputs, taps]);
        let mut columns = WindowMut::new(columns, [taps, positions], positions);
        gemm_into(w.t(), matrix(grad, [problem.outputs, positions]), false, &mut columns);
        if let Some(columns) = room {
            dx.fill(T::ZERO);
            col2im(columns.data(), problem.inputs, &problem.window, dx);
        }
    });
    dx
}
// ANCHOR_END: input

/// Images whose gradients of the weights one task adds up. Fixed, so that the order of the sum is always the same.
const TOGETHER: usize = 8;

// ANCHOR: weight
/// `dL/dW`: `g Pᵀ`, summed over images; in groups of a fixed size, then over the groups in order.
pub(crate) fn weight_gradient<T: Float>(problem: &Problem, grad: &Array<T>, x: &Array<T>) -> Array<T> {
    let (taps, positions, outputs) = (problem.taps(), problem.positions(), problem.outputs);
    let (grad, x) = (grad.clone().contiguous(), x.clone().contiguous());
    let groups = problem.batch.div_ceil(TOGETHER);
    let mut sums = Array::scratch([groups, outputs * taps]);
    sums.data_mut().par_chunks_mut((outputs * taps).max(1)).enumerate().for_each(|(group, sum)| {
        sum.fill(T::ZERO);
        let mut room = room(problem);
        for image in (group * TOGETHER..problem.batch).take(TOGETHER) {
            let x = &x.data()[image * problem.image()..][..problem.image()];
            let grad = &grad.data()[image * outputs * positions..][..outputs * positions];
            let g = matrix(grad, [outputs, positions]);
            let mut sum = WindowMut::new(sum, [outputs, taps], taps);
            gemm_into(g, patches(problem, x, &mut room).t(), true, &mut sum);
        }
    });
    let [height, width] = problem.window.kernel;
    sums.sum(0, false).reshape([outputs, problem.inputs, height, width])
}
// ANCHOR_END: weight

/// A slice as a matrix in row-major order.
fn matrix<T>(data: &[T], [rows, cols]: [usize; 2]) -> Window<'_, T> {
    Window::new(data, [rows, cols], [cols, 1])
}
