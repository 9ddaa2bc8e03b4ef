//! ELU: `x` above 0, `α (e^x - 1)` below (Clevert, Unterthiner and Hochreiter 2016; `torch.nn.functional.elu`).
//!
//! It goes to -α instead of 0, so the mean of the outputs is nearer to 0. The slope below 0 is `α e^x`.

use ch01_tensors::{Array, Float};

use crate::{math, simd};

// ANCHOR: elu
/// `x` above 0, `alpha (e^x - 1)` elsewhere; PyTorch's default for `alpha` is 1.
pub fn elu<T: Float>(x: Array<T>, alpha: f64) -> Array<T> {
    scaled(x, alpha, 1.0)
}

/// `dL/dx = g` where `x > 0` and `alpha e^x g` elsewhere, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn elu_backward<T: Float>(grad: Array<T>, x: &Array<T>, alpha: f64) -> Array<T> {
    scaled_backward("elu_backward", grad, x, alpha, 1.0)
}
// ANCHOR_END: elu

/// ELU times `scale`, which makes SELU.
pub(crate) fn scaled<T: Float>(x: Array<T>, alpha: f64, scale: f64) -> Array<T> {
    let [above, below] = [scale, scale * alpha].map(T::from_f64);
    simd::map(x, move |x| if x > T::ZERO { above * x } else { below * math::exp_m1(x) })
}

#[track_caller]
pub(crate) fn scaled_backward<T: Float>(
    operation: &str,
    grad: Array<T>,
    x: &Array<T>,
    alpha: f64,
    scale: f64,
) -> Array<T> {
    let [above, below] = [scale, scale * alpha].map(T::from_f64);
    simd::zip(operation, grad, x, move |g, x| g * if x > T::ZERO { above } else { below * math::exp(x) })
}
