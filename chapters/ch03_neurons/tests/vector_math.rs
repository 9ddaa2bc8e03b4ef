//! The 32-bit exp, exp_m1, tanh, erf and ln_1p against 64-bit references: error bounds in units in the last place over a
//! sweep of all floats, special values, and the same bits at every vector width.

use ch03_neurons::erf::{erf_f32, erf_f64};
use ch03_neurons::exp::{exp_f32, exp_m1_f32};
use ch03_neurons::simd::{Level, map_slice};
use ch03_neurons::{ln_1p_f32, math, tanh_f32};

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
    assert_ulps("exp", sweep(), exp_f32, f64::exp, 1.1);
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
    assert_ulps("ln_1p", sweep().filter(|u| (0.0..=1.0).contains(u)), ln_1p_f32, f64::ln_1p, 2.5);
}

#[test]
fn special_values() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    assert_eq!([-inf, -104.0, -0.0, 0.0, 88.8, inf].map(exp_f32), [0.0, 0.0, 1.0, 1.0, inf, inf]);
    // The largest finite result, and the smallest, which is subnormal.
    assert!(exp_f32(88.722_83).is_finite() && exp_f32(88.722_84) == inf);
    assert_eq!(exp_f32(-103.972_08).to_bits(), 1);
    assert_eq!([-inf, inf].map(exp_m1_f32), [-1.0, inf]);
    assert_eq!([-inf, inf, 10.0].map(tanh_f32), [-1.0, 1.0, 1.0]);
    assert_eq!([-inf, inf, 4.0].map(erf_f32), [-1.0, 1.0, 1.0]);
    assert_eq!(ln_1p_f32(0.0), 0.0);
    for odd in [tanh_f32, erf_f32, exp_m1_f32] {
        assert_eq!(odd(-0.0).to_bits(), (-0.0f32).to_bits());
    }
    // Subnormals are kept, not flushed: tanh x = x there.
    let tiny = f32::from_bits(77);
    assert_eq!([tanh_f32(tiny), tanh_f32(-tiny)], [tiny, -tiny]);
    for f in [exp_f32, exp_m1_f32, tanh_f32, erf_f32, ln_1p_f32] {
        assert!(f(nan).is_nan() && f(-nan).is_nan());
    }
}

#[test]
fn the_same_bits_at_every_vector_width() {
    type Function = (&'static str, fn(f32) -> f32);
    let inputs: Vec<f32> = sweep().step_by(7).chain([f32::NAN]).collect();
    let functions: [Function; 5] = [
        ("exp", exp_f32),
        ("exp_m1", exp_m1_f32),
        ("tanh", tanh_f32),
        ("erf", erf_f32),
        ("ln_1p", ln_1p_f32),
    ];
    for (name, scalar) in functions {
        let at = |level| {
            let mut x = inputs.clone();
            match name {
                "exp" => map_slice(level, &mut x, exp_f32),
                "exp_m1" => map_slice(level, &mut x, exp_m1_f32),
                "tanh" => map_slice(level, &mut x, tanh_f32),
                "erf" => map_slice(level, &mut x, erf_f32),
                _ => map_slice(level, &mut x, ln_1p_f32),
            }
            x
        };
        for level in Level::all() {
            for ((&x, got), want) in inputs.iter().zip(at(level)).zip(inputs.iter().map(|&x| scalar(x))) {
                let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
                assert!(same, "{name}({x:e}) at {level:?}: {got:e}, one at a time {want:e}");
            }
        }
    }
    assert!(Level::all().count() >= 1);
}

#[test]
fn the_slice_functions_do_what_they_say() {
    type Pair = (fn(&mut [f32]), fn(f32) -> f32);
    let x: Vec<f32> = (-40..40).map(|i| i as f32 / 7.0).collect();
    let functions: [Pair; 3] =
        [(math::exp_slice, exp_f32), (math::tanh_slice, tanh_f32), (math::erf_slice, erf_f32)];
    for (slice, scalar) in functions {
        let mut y = x.clone();
        slice(&mut y);
        assert!(x.iter().zip(&y).all(|(&x, &y)| scalar(x) == y));
    }
}
