//! ln(1 + u) for u in [0, 1], in 32 bits, without branches.
//!
//! With `s = u / (2 + u)`, `1 + u = (1 + s) / (1 - s)`, so `ln(1 + u) = 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + ...)`. As
//! `s <= 1/3`, eight terms leave less than 1.6e-9 of the result. That is all softplus and the losses need: the
//! argument is always some `e^-|x|`.

/// ln(1 + u) for `0 <= u <= 1`; elsewhere the result means nothing. NaN stays NaN. Error: below 2.5 ulp (tested).
#[inline(always)]
pub fn ln_1p_f32(u: f32) -> f32 {
    let s = u / (2.0 + u);
    let z = s * s;
    let mut p = 1.0 / 15.0;
    p = p * z + 1.0 / 13.0;
    p = p * z + 1.0 / 11.0;
    p = p * z + 1.0 / 9.0;
    p = p * z + 1.0 / 7.0;
    p = p * z + 1.0 / 5.0;
    p = p * z + 1.0 / 3.0;
    let s2 = s + s;
    s2 + s2 * (z * p)
}
