//! Hard-swish: `x min(max(x + 3, 0), 6) / 6`, SiLU made of straight pieces for small processors (Howard et al. 2019;
//! `torch.nn.functional.hardswish`).
//!
//! It is 0 below -3, `x` above 3, and `x (x + 3) / 6` between, where the slope is `(2x + 3) / 6`. At the kinks ±3 PyTorch
//! takes the slopes 0 and 1, and so do we.

use ch01_tensors::{Array, Float};

use crate::simd;

// ANCHOR: hard_swish
/// `x min(max(x + 3, 0), 6) / 6` of every element.
pub fn hard_swish<T: Float>(x: Array<T>) -> Array<T> {
    let [three, sixth] = [3.0, 1.0 / 6.0].map(T::from_f64);
    simd::map(x, move |x| {
        let middle = x * (x + three) * sixth;
        if x <= -three {
            T::ZERO
        } else if x >= three {
            x
        } else {
            middle
        }
    })
}

/// `dL/dx = g` times 0 up to -3, 1 from 3 on, `(2x + 3) / 6` between, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn hard_swish_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    let [three, third, half] = [3.0, 1.0 / 3.0, 0.5].map(T::from_f64);
    simd::zip("hard_swish_backward", grad, x, move |g, x| {
        let middle = g * (x * third + half);
        if x <= -three {
            T::ZERO
        } else if x >= three {
            g
        } else {
            middle
        }
    })
}
// ANCHOR_END: hard_swish
