//! The 32-bit exp, exp_m1, tanh, erf and ln_1p against 64-bit references: error bounds in units in the last place over a
//! sweep of all floats, special values, and the same bits at every vector width.

use ch03_neurons::erf::{erf_f32, erf_f64};
use ch03_neurons::exp::{exp_f32, exp_m1_f32};
use ch03_neurons::{ln_1p_f32, tanh_f32};

/// Every `STRIDE`-th float from 0 to inf and from -0 to -inf: a prime, so that all low bits occur.
const STRIDE: usize = 499;

fn sweep() -> impl Iterator<Item = f32> {
    let half = |sign: u32| (0..=0x7f80_0000u32).step_by(STRIDE).map(move |bits| f32::from_bits(bits | sign));
    half(0).chain(half(0x8000_0000))
}

/// The error of `got` in units in the last place of the exact value's float; below 2^-126 these are all 2^-149.
fn ulps(got: f32, exact: f64) -> f64 {
    if exact.abs() >= 340282356779733661637539395458142568448.0 {
        // Rounds to infinity.
        return if got == f32::INFINITY.copysign(exact as f32) { 0.0 } else { f64::INFINITY };
    }
    let exponent = (exact.abs().max(f64::from(f32::MIN_POSITIVE)).to_bits() >> 52) as i32 - 1023;
    (f64::from(got) - exact).abs() / 2f64.powi(exponent - 23)
}

#[track_caller]
fn assert_ulps(
    name: &str,
    inputs: impl Iterator<Item = f32>,
    fast: impl Fn(f32) -> f32,
    exact: impl Fn(f64) -> f64,
    bound: f64,
) {
    let mut worst = (0.0, 0.0f32);
    let mut count = 0;
    for x in inputs {
        let error = ulps(fast(x), exact(f64::from(x)));
        assert!(!error.is_nan(), "{name}({x:e}) is {}", fast(x));
        if error > worst.0 {
            worst = (error, x);
        }
        count += 1;
    }
    println!("{name}: at most {:.4} ulp over {count} floats, at {:e}", worst.0, worst.1);
    assert!(count > 1_000_000);
    assert!(worst.0 <= bound, "{name}({:e}): {} ulp, more than {bound}", worst.1, worst.0);
}

#[test]
fn exp_is_within_its_bound() {
    assert_ulps("exp", sweep(), exp_f32, f64::exp, 1.0);
}

#[test]
fn exp_m1_is_within_its_bound() {
    assert_ulps("exp_m1", sweep(), exp_m1_f32, f64::exp_m1, 2.0);
}

#[test]
fn tanh_is_within_its_bound() {
    assert_ulps("tanh", sweep(), tanh_f32, f64::tanh, 3.0);
}

#[test]
fn erf_is_within_its_bound() {
    assert_ulps("erf", sweep(), erf_f32, erf_f64, 2.0);
}

#[test]
fn ln_1p_is_within_its_bound() {
    assert_ulps("ln_1p", sweep().filter(|u| (0.0..=1.0).contains(u)), ln_1p_f32, f64::ln_1p, 2.0);
}
