//! The functions that activations are made of, for both kinds of floats: our vectorised ones in 32 bits, the standard
//! library's (and our own erf) in 64.
//!
//! The 64-bit versions are the plain ones that the fast ones are tested against. After inlining, the conversions between
//! `T` and `f32` cancel: nothing is left of the choice.

use ch01_tensors::{DType, Float};

use crate::erf::{erf_f32, erf_f64};
use crate::exp::{exp_f32, exp_m1_f32};
use crate::ln_1p::ln_1p_f32;
use crate::simd::{Level, map_slice};
use crate::tanh::tanh_f32;

/// `fast` in 32 bits, `plain` otherwise.
#[inline(always)]
fn choose<T: Float>(x: T, fast: impl Fn(f32) -> f32, plain: impl Fn(T) -> T) -> T {
    match T::DTYPE {
        DType::F32 => T::from_f64(f64::from(fast(x.to_f64() as f32))),
        _ => plain(x),
    }
}

/// e^x.
#[inline(always)]
pub fn exp<T: Float>(x: T) -> T {
    choose(x, exp_f32, T::exp)
}

/// e^x - 1, exact near 0.
#[inline(always)]
pub fn exp_m1<T: Float>(x: T) -> T {
    choose(x, exp_m1_f32, T::exp_m1)
}

/// ln(1 + u) for `0 <= u <= 1`.
#[inline(always)]
pub fn ln_1p<T: Float>(u: T) -> T {
    choose(u, ln_1p_f32, T::ln_1p)
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh<T: Float>(x: T) -> T {
    choose(x, tanh_f32, T::tanh)
}

/// The error function.
#[inline(always)]
pub fn erf<T: Float>(x: T) -> T {
    choose(x, erf_f32, |x| T::from_f64(erf_f64(x.to_f64())))
}

/// e^x of every element, in place.
pub fn exp_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, exp_f32);
}

/// tanh x of every element, in place.
pub fn tanh_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, tanh_f32);
}

/// erf x of every element, in place.
pub fn erf_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, erf_f32);
}
