//! GELU and its slope in 32 bits, with one exponential each and without branches.
//!
//! The plain formulas (`gelu.rs`) need erf, which has an exponential inside, and the slope needs the density on top. Here
//! `Q(t) = Φ(-t)`, the probability beyond `t = |x|`, is `e^-q(t)` with one polynomial `q`, and the slope's part that is not
//! constant is a polynomial times `Q`:
//!
//! - `x Φ(x) = x Q(t)` for negative x, and `x (1 - Q(t))` for the others;
//! - the slope `Φ(x) + x φ(x)` is `s = Q(t) w(t)` for negative x, and `1 - s` for the others, with `w(t) = 1 - t φ(t) / Q(t)`.
//!
//! Both polynomials have degree 10 and come from the same fit as erf's (`tests/golden/make_ch03.py`), weighted by `Q`: for t up
//! to 6 they change `Q` by 1.4e-9 and the slope by 1.4e-8. Beyond, where `Q` is below 1e-9, it is taken to be 0. Even and
//! odd powers are added up apart: every operation waits for the one before, so two short chains take less time than a long one.
//! Error: below 1.5 units in the last place of x, and below 2 in that of 1 for the slope (tested).

use crate::exp::exp_within_f32;

/// From here on, `Q` is nothing.
const END: f32 = 6.0;

/// `|x|`, at most [`END`], and `Q` of it.
#[inline(always)]
fn beyond(x: f32) -> (f32, f32) {
    let t = x.abs();
    let t = if t > END { END } else { t };
    let z = t * t;
    let mut even = 2.343_675_5e-8;
    even = even * z + 8.368_573e-6;
    even = even * z + 2.038_685_6e-4;
    even = even * z - 4.804_557_7e-3;
    even = even * z + 3.183_073e-1;
    even = even * z + 6.931_472e-1;
    let mut odd = -6.763_989e-7;
    odd = odd * z - 5.673_217_3e-5;
    odd = odd * z - 1.463_599_8e-5;
    odd = odd * z + 3.634_670_4e-2;
    odd = odd * z + 7.978_847_6e-1;
    let q = exp_within_f32(-(even + t * odd));
    (t, if x.abs() > END { 0.0 } else { q })
}

/// `x Φ(x)`.
#[inline(always)]
pub fn gelu_f32(x: f32) -> f32 {
    let (_, q) = beyond(x);
    x * if x < 0.0 { q } else { 1.0 - q }
}

// ANCHOR: slope
/// `Φ(x) + x φ(x)`.
#[inline(always)]
pub fn gelu_slope_f32(x: f32) -> f32 {
    let (t, q) = beyond(x);
    let z = t * t;
    let mut even = -1.778_998_2e-7;
    even = even * z - 5.648_143e-5;
    even = even * z - 1.094_867_4e-3;
    even = even * z + 1.940_236e-2;
    even = even * z - 6.365_923e-1;
    even = even * z + 1.0;
    let mut odd = 4.884_118_4e-6;
    odd = odd * z + 3.488_855_7e-4;
    odd = odd * z - 1.285_258_2e-4;
    odd = odd * z - 1.091_322_3e-1;
    odd = odd * z - 7.978_868e-1;
    let s = q * (even + t * odd);
    if x < 0.0 { s } else { 1.0 - s }
}
// ANCHOR_END: slope
