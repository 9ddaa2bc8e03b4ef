//! Cutting images and series into patches: the tokens of a Transformer that reads no words.
//!
//! - Images `[batch, channels, height, width]` become `[batch, patches, channels · p · p]`: squares of side `p`, row by row; the
//!   numbers of a patch in the order channel, row, column. A convolution with kernel and stride `p` multiplies just these
//!   numbers with its kernel, so it is a linear layer on patches (`torch.nn.functional.unfold` with that stride, transposed).
//! - Series `[series, time]` become `[series, patches, length]`: windows that begin every `stride` places and may overlap
//!   (`Tensor.unfold(-1, length, stride)`). What is left over at the end is in no patch.
//!
//! Nothing is computed, numbers are only put elsewhere, so the gradient of a number is the sum of the gradients of the places
//! that it went to: one for images, several where windows overlap, none for what is left over.
//!
//! Left out: patches that are not square, overlapping patches of images.

use ch01_tensors::{Array, Float, fail};

/// How many patches an image has down and across.
#[track_caller]
fn grid(operation: &str, shape: &[usize], patch: usize) -> [usize; 2] {
    let fits =
        shape.len() == 4 && patch > 0 && shape[2].is_multiple_of(patch) && shape[3].is_multiple_of(patch);
    if !fits {
        let rule = "need [batch, channels, height, width] with sides that are multiples of it";
        fail(operation, format_args!("patches of side {patch} of {shape:?}: {rule}"));
    }
    [shape[2] / patch, shape[3] / patch]
}

// ANCHOR: image
/// The patches of images, `[batch, channels, height, width]` to `[batch, patches, channels * patch * patch]`.
///
/// # Panics
/// When the sides are no multiples of `patch`.
#[track_caller]
pub fn image_patches<T: Float>(x: &Array<T>, patch: usize) -> Array<T> {
    let [down, across] = grid("image_patches", &x.shape()[..], patch);
    let (batch, channels) = (x.dim(0), x.dim(1));
    // exercise: forward - Give the patches and the places in them axes of their own: [batch, channels, down, patch, across,
    // patch]. Then bring them into the order of the result (`permute`), and join axes (`reshape`).
    let split = x.clone().contiguous().reshape([batch, channels, down, patch, across, patch]);
    let patches = split.permute([0, 2, 4, 1, 3, 5]);
    patches.reshape([batch, down * across, channels * patch * patch])
    // exercise: end
}

/// The gradient of images of this shape, for that of their patches.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn image_patches_backward<T: Float>(grad: &Array<T>, shape: [usize; 4], patch: usize) -> Array<T> {
    let [down, across] = grid("image_patches_backward", &shape, patch);
    let [batch, channels, ..] = shape;
    if grad.shape()[..] != [batch, down * across, channels * patch * patch] {
        let rule = format_args!("a gradient of shape {:?} for images {shape:?}", grad.shape());
        fail("image_patches_backward", rule);
    }
    // exercise: backward - The same way back: split the axes, bring them into the old order, join them.
    let split = grad.clone().contiguous().reshape([batch, down, across, channels, patch, patch]);
    split.permute([0, 3, 1, 4, 2, 5]).reshape(shape)
    // exercise: end
}
// ANCHOR_END: image

/// How many windows a series has.
#[track_caller]
fn windows(operation: &str, time: usize, length: usize, stride: usize) -> usize {
    if length == 0 || stride == 0 || time < length {
        let rule = format_args!("windows of {length} every {stride} places of a series of {time}");
        fail(operation, format_args!("{rule}: need lengths above 0 and a series that holds one"));
    }
    (time - length) / stride + 1
}

// ANCHOR: series
/// The patches of series, `[series, time]` to `[series, patches, length]`, one every `stride` places.
///
/// # Panics
/// When a series is shorter than a patch.
#[track_caller]
pub fn series_patches<T: Float>(x: &Array<T>, length: usize, stride: usize) -> Array<T> {
    if x.ndim() != 2 {
        fail("series_patches", format_args!("{:?} is not [series, time]", x.shape()));
    }
    let count = windows("series_patches", x.dim(1), length, stride);
    let (x, time) = (x.clone().contiguous(), x.dim(1));
    let mut out = Array::zeros([x.dim(0), count, length]);
    for (row, patches) in out.data_mut().chunks_mut(count * length).enumerate() {
        let series = &x.data()[row * time..][..time];
        for (number, patch) in patches.chunks_mut(length).enumerate() {
            patch.copy_from_slice(&series[number * stride..][..length]);
        }
    }
    out
}

/// The gradient of series of `time` places, for that of their patches, `[series, patches, length]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn series_patches_backward<T: Float>(grad: &Array<T>, time: usize, stride: usize) -> Array<T> {
    let length = grad.dim(-1);
    let count = windows("series_patches_backward", time, length, stride);
    if grad.ndim() != 3 || grad.dim(1) != count {
        let rule = format_args!("a gradient of shape {:?} for {count} windows", grad.shape());
        fail("series_patches_backward", rule);
    }
    let mut out = Array::zeros([grad.dim(0), time]);
    let grad = grad.clone().contiguous();
    for (row, patches) in grad.data().chunks(count * length).enumerate() {
        let series = &mut out.data_mut()[row * time..][..time];
        for (number, patch) in patches.chunks(length).enumerate() {
            series[number * stride..][..length].iter_mut().zip(patch).for_each(|(sum, &g)| *sum += g);
        }
    }
    out
}
// ANCHOR_END: series
