//! Leaky ReLU: `x` above 0, `slope x` below (Maas, Hannun and Ng 2013; `torch.nn.functional.leaky_relu`, slope 0.01).
//!
//! A unit whose inputs are all negative still learns, if slowly. At 0 the slope below is taken, as in PyTorch.

use ch01_tensors::{Array, Float};

use crate::simd;

// ANCHOR: leaky_relu
/// `x` above 0, `slope x` elsewhere.
pub fn leaky_relu<T: Float>(x: Array<T>, slope: f64) -> Array<T> {
    let slope = T::from_f64(slope);
    simd::map(x, move |x| if x > T::ZERO { x } else { slope * x })
}

/// `dL/dx = g` where `x > 0` and `slope g` elsewhere, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn leaky_relu_backward<T: Float>(grad: Array<T>, x: &Array<T>, slope: f64) -> Array<T> {
    let slope = T::from_f64(slope);
    simd::zip("leaky_relu_backward", grad, x, move |g, x| if x > T::ZERO { g } else { slope * g })
}
// ANCHOR_END: leaky_relu
