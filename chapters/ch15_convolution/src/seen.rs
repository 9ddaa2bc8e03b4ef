//! The windows of a network's layers, and what it really looks at: the effective receptive field (Luo, Li, Urtasun and Zemel
//! 2016).
//!
//! The theoretical field says which pixels *can* change a number. How much they *do* is the derivative of that number by each of
//! them, and that is what a backward pass computes: put the gradient 1 at the place in question and 0 everywhere else.

use ch01_tensors::{Float, Tensor};
use ch05_backprop::Layer;
use ch07_modules::Sequential;

use crate::{AvgPool2d, Conv2d, MaxPool2d, Window};

/// The window of each layer of a chain that has one, and its number, up to the first layer that sees the whole map or is not
/// known. `input` is the height and width of the image.
///
/// Known are [`Conv2d`], [`MaxPool2d`], [`AvgPool2d`] and what `passes` says: layers that look at one number at a time.
pub fn windows_of<T: Float>(
    model: &Sequential<T>,
    input: [usize; 2],
    passes: impl Fn(usize) -> bool,
) -> Vec<(usize, Window)> {
    let (mut windows, mut size) = (Vec::new(), input);
    for (number, layer) in model.layers().iter().enumerate() {
        let pool = layer.downcast_ref::<MaxPool2d>().map(|pool| pool.options);
        let pool = pool.or_else(|| layer.downcast_ref::<AvgPool2d>().map(|pool| pool.options));
        let window = if let Some(conv) = layer.downcast_ref::<Conv2d<T>>() {
            let weight = &conv.weight.value;
            conv.options.window("windows_of", size, [weight.dim(2), weight.dim(3)])
        } else if let Some(pool) = pool {
            pool.window("windows_of", &[1, 1, size[0], size[1]].into())
        } else if passes(number) {
            continue;
        } else {
            break;
        };
        windows.push((number, window));
        size = window.output();
    }
    windows
}

// ANCHOR: effective
/// How much each pixel of the images `x`, `[batch, channels, h, w]`, moves the middle of the layer's output: the root of the
/// mean square of the derivatives of all its channels there, over images, as `[h, w]`.
///
/// The layer must put out a map. It works on its images as in training.
pub fn effective_receptive_field(layer: &mut dyn Layer, x: &Tensor, rng: &mut ch01_tensors::Rng) -> Tensor {
    let y = layer.forward(x.clone());
    let (row, col) = (y.dim(2) / 2, y.dim(3) / 2);
    // Random signs for the channels: on average, products of different channels' derivatives cancel, and squares stay.
    let grad = Tensor::from_fn(*y.shape(), |i| {
        let sign = if rng.below(2) == 0 { 1.0 } else { -1.0 };
        if (i[2], i[3]) == (row, col) { sign } else { 0.0 }
    });
    let dx = layer.backward(grad);
    (&dx * &dx).mean(&[0, 1][..], false).sqrt()
}
// ANCHOR_END: effective
