//! e^x in 32 bits, without branches or tables, so that a loop over it becomes vector code.
//!
//! Range reduction: with `n` the integer nearest to `x / ln 2` and `r = x - n ln 2`, `e^x = 2^n e^r` and `|r| <= ln 2 / 2`.
//! On that short interval Taylor's polynomial of degree 7 is exact to 7.3e-9, an eighth of half a unit in the last place.
//! `2^n` is built from bits.
//!
//! `ln 2` is subtracted in two parts (Cody and Waite 1980): the first, 355/512, has so few bits that `n` times it is exact.
//! Error: below 1.1 ulp (measured over a sweep of all floats; the book proves 1.4); exact at 0, ±inf and NaN; results
//! below 2^-126 are rounded once more.

// ANCHOR: reduce
/// `x` as `n ln 2 + r`, given as `(n, r)`; `|x|` must be below 2^15. NaN gives NaN for `r`.
#[inline(always)]
pub fn reduce(x: f32) -> (f32, f32) {
    // exercise: reduce - Give n, the integer nearest to x / ln 2, and r = x - n ln 2. Both as floats and without a
    // branch. LN2_HIGH + LN2_LOW is ln 2, and n * LN2_HIGH is exact. Adding and subtracting ROUND rounds to an integer.
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    (n, (x - n * LN2_HIGH) - n * LN2_LOW)
    // exercise: end
}

/// 1.5 * 2^23: floats of this size are spaced by 1, so adding it rounds to the nearest integer.
const ROUND: f32 = 12_582_912.0;
/// The first nine bits of ln 2.
const LN2_HIGH: f32 = 355.0 / 512.0;
/// ln 2 less these.
const LN2_LOW: f32 = -2.121_944_4e-4;

/// e^r - 1 for `|r| <= ln 2 / 2`, with a small relative error.
#[inline(always)]
pub fn exp_m1_short(r: f32) -> f32 {
    // exercise: polynomial - Give r + r²/2! + ... + r^7/7!, from the inside out (Horner): the smallest terms first.
    let mut p = 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    r + r * r * p
    // exercise: end
}
// ANCHOR_END: reduce

/// 2^n for an integer -127 < n < 128, from the bits of a float: sign 0, exponent n + 127, fraction 0.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// The integer that `n`, a float below 2^22, holds; any integer for NaN. A cast would check for NaN and overflow.
#[inline(always)]
fn integer(n: f32) -> i32 {
    ((n + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)
}

/// `x` brought into `low..=high`; NaN stays, and no branch is needed.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

// ANCHOR: exp
/// e^x.
#[inline(always)]
pub fn exp_f32(x: f32) -> f32 {
    // exercise: exp - Bring x into -104..=89 (outside, the result is 0 or infinite in 32 bits), reduce it, and multiply
    // 1 + exp_m1_short(r) by 2^n. One float cannot hold 2^n for all n up to 128, so multiply by two powers.
    let (n, r) = reduce(clamp(x, -104.0, 89.0));
    let whole = integer(n);
    let half = whole >> 1;
    (1.0 + exp_m1_short(r)) * power_of_two(half) * power_of_two(whole - half)
    // exercise: end
}
// ANCHOR_END: exp

/// e^x where the result is an ordinary number: for x from -87 to 88, and NaN. The same bits as [`exp_f32`], with less work.
#[inline(always)]
pub fn exp_within_f32(x: f32) -> f32 {
    let (n, r) = reduce(x);
    (1.0 + exp_m1_short(r)) * power_of_two(integer(n))
}

/// e^x for x up to 43, and NaN: what softmax and sigmoid need, whose exponents are not above 0. The same bits as [`exp_f32`],
/// with less work: 2^n is too small for one float only, so one of the two powers is always 2^-64.
#[inline(always)]
pub fn exp_low_f32(x: f32) -> f32 {
    let (n, r) = reduce(if x < -104.0 { -104.0 } else { x });
    (1.0 + exp_m1_short(r)) * power_of_two(integer(n) + 64) * power_of_two(-64)
}

/// e^x - 1, exact near 0: `2^n (e^r - 1) + (2^n - 1)`.
///
/// Error: below 2 ulp over a sweep of all floats (tested).
#[inline(always)]
pub fn exp_m1_f32(x: f32) -> f32 {
    // Below -25 the result rounds to -1. Half of 2^n, because 2^128 is no float.
    let (n, r) = reduce(clamp(x, -25.0, 89.0));
    let half = power_of_two(integer(n) - 1);
    let short = exp_m1_short(r);
    let y = if n == 0.0 { short } else { 2.0 * (half * short + (half - 0.5)) };
    // The sums above turn -0 into 0.
    if x == 0.0 { x } else { y }
}
