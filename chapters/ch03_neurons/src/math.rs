//! The functions that activations are made of, for both kinds of floats: our vectorised ones in 32 bits, the standard
//! library's (and our own erf) in 64.
//!
//! The 64-bit versions are the plain ones that the fast ones are tested against. After inlining, the conversions between
//! `T` and `f32` cancel: nothing is left of the choice.

use ch01_tensors::{DType, Float};

use crate::erf::{erf_f32, erf_f64};
use crate::exp::{exp_f32, exp_low_f32, exp_m1_f32};
use crate::ln_1p::ln_1p_f32;
use crate::normal::{gelu_f32, gelu_slope_f32};
use crate::simd::{Level, Unary, map_slice};
use crate::tanh::tanh_f32;

/// In 32 bits, or `None`.
#[inline(always)]
fn narrow<T: Float>(x: T) -> Option<f32> {
    (T::DTYPE == DType::F32).then_some(x.to_f64() as f32)
}

/// Back from 32 bits.
#[inline(always)]
fn wide<T: Float>(x: f32) -> T {
    T::from_f64(f64::from(x))
}

/// e^x.
#[inline(always)]
pub fn exp<T: Float>(x: T) -> T {
    match narrow(x) {
        Some(x) => wide(exp_f32(x)),
        None => x.exp(),
    }
}

/// e^x for x that is at most 0 (a little more does no harm: up to 43), faster than [`exp`].
#[inline(always)]
pub fn exp_low<T: Float>(x: T) -> T {
    match narrow(x) {
        Some(x) => wide(exp_low_f32(x)),
        None => x.exp(),
    }
}

/// e^x - 1, exact near 0.
#[inline(always)]
pub fn exp_m1<T: Float>(x: T) -> T {
    match narrow(x) {
        Some(x) => wide(exp_m1_f32(x)),
        None => x.exp_m1(),
    }
}

/// ln(1 + u) for `0 <= u <= 1`.
#[inline(always)]
pub fn ln_1p<T: Float>(u: T) -> T {
    match narrow(u) {
        Some(u) => wide(ln_1p_f32(u)),
        None => u.ln_1p(),
    }
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh<T: Float>(x: T) -> T {
    match narrow(x) {
        Some(x) => wide(tanh_f32(x)),
        None => x.tanh(),
    }
}

/// The error function.
#[inline(always)]
pub fn erf<T: Float>(x: T) -> T {
    match narrow(x) {
        Some(x) => wide(erf_f32(x)),
        None => T::from_f64(erf_f64(x.to_f64())),
    }
}

/// `x Φ(x)`; in 64 bits by `plain`.
#[inline(always)]
pub fn gelu<T: Float>(x: T, plain: fn(T) -> T) -> T {
    match narrow(x) {
        Some(x) => wide(gelu_f32(x)),
        None => plain(x),
    }
}

/// The slope of `x Φ(x)`; in 64 bits by `plain`.
#[inline(always)]
pub fn gelu_slope<T: Float>(x: T, plain: fn(T) -> T) -> T {
    match narrow(x) {
        Some(x) => wide(gelu_slope_f32(x)),
        None => plain(x),
    }
}

/// e^x of every element, in place.
pub fn exp_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, Exp);
}

/// tanh x of every element, in place.
pub fn tanh_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, Tanh);
}

/// erf x of every element, in place.
pub fn erf_slice(x: &mut [f32]) {
    map_slice(Level::detect(), x, Erf);
}

/// `e^(x - m)` for a given `m` that no `x` is above.
#[derive(Clone, Copy)]
pub struct ExpLess<T>(pub T);

impl<T: Float> Unary<T> for ExpLess<T> {
    #[inline(always)]
    fn at(self, x: T) -> T {
        exp_low(x - self.0)
    }
}

/// The three as [`Unary`], so that they are inlined.
#[derive(Clone, Copy)]
struct Exp;
#[derive(Clone, Copy)]
struct Tanh;
#[derive(Clone, Copy)]
struct Erf;

impl Unary<f32> for Exp {
    #[inline(always)]
    fn at(self, x: f32) -> f32 {
        exp_f32(x)
    }
}

impl Unary<f32> for Tanh {
    #[inline(always)]
    fn at(self, x: f32) -> f32 {
        tanh_f32(x)
    }
}

impl Unary<f32> for Erf {
    #[inline(always)]
    fn at(self, x: f32) -> f32 {
        erf_f32(x)
    }
}
