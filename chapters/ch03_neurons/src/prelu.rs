//! PReLU: a leaky ReLU that learns its slope, one per channel or one for all (He et al. 2015;
//! `torch.nn.functional.prelu`).
//!
//! Shapes: `x` is `[batch, channels, ..]`, `slope` is `[channels]` or `[1]`. With fewer than two axes there is no
//! channel axis, and the slope must be `[1]`.
//!
//! With `y = a_c x` where `x <= 0`: `dL/da_c = Σ g x` over the elements of channel `c` that are not above 0.

use ch01_tensors::{Array, Float, Shape, Strides, fail};

// ANCHOR: prelu
/// `x` above 0, `slope x` elsewhere, with the slope of the channel.
///
/// # Panics
/// When `slope` is neither `[1]` nor `[channels]`.
#[track_caller]
pub fn prelu<T: Float>(x: Array<T>, slope: &Array<T>) -> Array<T> {
    let slope = per_channel("prelu", slope, x.shape());
    x.zip("prelu", &slope, |x, a| if x > T::ZERO { x } else { a * x })
}

/// The gradients of input and slope, for `g = dL/dy`: `dL/dx = g` where `x > 0` and `a g` elsewhere; `dL/da` is the sum
/// of `g x` over the elements of the channel that are not above 0.
///
/// # Panics
/// When `grad` and `x` differ in shape, or `slope` is neither `[1]` nor `[channels]`.
#[track_caller]
pub fn prelu_backward<T: Float>(grad: &Array<T>, x: &Array<T>, slope: &Array<T>) -> (Array<T>, Array<T>) {
    crate::simd::same_shape("prelu_backward", grad, x);
    let channels = per_channel("prelu_backward", slope, x.shape());
    // What the slope multiplies: min(x, 0).
    let below = x.map_to(|x| if x > T::ZERO { T::ZERO } else { x });
    let each = grad * &below;
    let kept = |axis: &isize| slope.size() == 1 || *axis != 1;
    let axes: Strides = (0..x.ndim() as isize).filter(kept).collect();
    let grad_slope = each.sum(&axes[..], false).reshape(*slope.shape());
    let factor = x.zip_to("prelu_backward", &channels, |x, a| if x > T::ZERO { T::ONE } else { a });
    (grad * &factor, grad_slope)
}
// ANCHOR_END: prelu

/// The slope as `[channels, 1, ..]`, so that it broadcasts along the channel axis.
#[track_caller]
fn per_channel<T: Float>(operation: &str, slope: &Array<T>, x: &Shape) -> Array<T> {
    let channels = if x.len() < 2 { 1 } else { x[1] };
    if slope.ndim() != 1 || (slope.size() != 1 && slope.size() != channels) {
        fail(
            operation,
            format_args!(
                "slopes of shape {:?} for values of shape {x:?}: need [1] or [{channels}]",
                slope.shape()
            ),
        );
    }
    let mut shape = Shape::filled(1, x.len().saturating_sub(1).max(1));
    shape[0] = slope.size();
    if x.is_empty() { slope.clone().reshape([]) } else { slope.clone().reshape(shape) }
}
