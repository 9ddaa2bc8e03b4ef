//! Checks exercise e05_exp.

#[allow(unused)]
#[path = "../exercises/e05_exp.rs"]
mod exp;

use ch00_start::check::close;
use exp::{exp_f32, exp_m1_short, reduce};

const X: [f32; 9] = [-80.0, -10.3, -1.0, -0.3, 0.0, 0.34, 0.36, 7.7, 80.0];

/// `f` of each as f64.
fn of(f: impl Fn(f64) -> f64) -> Vec<f64> {
    X.iter().map(|&x| f(f64::from(x))).collect()
}

#[test]
fn the_integer() {
    let ln2 = std::f64::consts::LN_2;
    let got: Vec<f64> = X.iter().map(|&x| f64::from(reduce(x).0)).collect();
    close(
        "reduce, n",
        &got,
        &of(|x| (x / ln2).round()),
        0.0,
        &[
            ("rounded down, so r is up to ln 2: take the nearest integer", &of(|x| (x / ln2).floor())),
            ("cut off towards 0, so r is up to ln 2: take the nearest integer", &of(|x| (x / ln2).trunc())),
            ("divided by log2 e instead of ln 2: multiply by LOG2_E", &of(|x| (x * ln2).round())),
        ],
    );
}

#[test]
fn the_rest() {
    // n ln 2 + r must be x to within the last bits of r, which is far more than those of x.
    let error = |x: f32| {
        let (n, r) = reduce(x);
        f64::from(r) - (f64::from(x) - f64::from(n) * std::f64::consts::LN_2)
    };
    let worst = X.iter().map(|&x| error(x).abs()).fold(0.0, f64::max);
    assert!(
        worst < 1e-7,
        "reduce, r: off by {worst:.1e}. If r is right but for this, n ln 2 was rounded: subtract it in two parts, \
         n * LN2_HIGH first"
    );
}

#[test]
fn the_polynomial() {
    let rs: Vec<f32> = (-34..=34).map(|i| i as f32 / 100.0).collect();
    let got: Vec<f64> = rs.iter().map(|&r| f64::from(exp_m1_short(r))).collect();
    let want: Vec<f64> = rs.iter().map(|&r| f64::from(r).exp_m1()).collect();
    let taylor = |degree: i32| -> Vec<f64> {
        let terms = |r: f64| {
            (1..=degree).scan(1.0, move |term, k| {
                *term *= r / f64::from(k);
                Some(*term)
            })
        };
        rs.iter().map(|&r| terms(f64::from(r)).sum()).collect()
    };
    close(
        "exp_m1_short",
        &got,
        &want,
        1e-7,
        &[
            ("this is e^r, not e^r - 1", &want.iter().map(|y| y + 1.0).collect::<Vec<_>>()),
            ("the polynomial ends too early, at degree 3", &taylor(3)),
            ("the polynomial ends too early, at degree 4", &taylor(4)),
            ("the polynomial ends too early, at degree 5", &taylor(5)),
        ],
    );
    // Near 0 the relative error counts.
    let tiny = exp_m1_short(1e-6);
    assert!(
        (f64::from(tiny) / 1e-6f64.exp_m1() - 1.0).abs() < 1e-6,
        "exp_m1_short: near 0 the digits are lost, {tiny:e} for 1e-6: do not subtract 1 from e^r"
    );
}

#[test]
fn all_together() {
    let ratio: Vec<f64> = X.iter().map(|&x| f64::from(exp_f32(x)) / f64::from(x).exp()).collect();
    close("exp, divided by the true value", &ratio, &[1.0; 9], 1.3e-7, &[]);
}

#[test]
fn the_ends_of_the_range() {
    let (inf, tiny) = (f64::INFINITY, f64::from(f32::from_bits(1)));
    let x = [f32::NEG_INFINITY, -200.0, -103.9, 88.0, 88.7, 200.0, f32::INFINITY];
    let got: Vec<f64> = x.iter().map(|&x| f64::from(exp_f32(x))).collect();
    assert!(
        got[4].is_finite() && got[4] > 3e38,
        "exp(88.7): {} instead of 3.3e38: 2^128 is no float, multiply by two powers of two",
        got[4]
    );
    assert!(
        got[2] == tiny,
        "exp(-103.9): {} instead of 1.4e-45: 2^-150 is no float, multiply by two powers of two",
        got[2]
    );
    assert!(got[0] == 0.0 && got[1] == 0.0, "exp(-200): {} instead of 0: clamp x first", got[1]);
    assert!(got[5] == inf && got[6] == inf, "exp(200): {} instead of infinity: clamp x first", got[5]);
    assert!(exp_f32(f32::NAN).is_nan(), "exp(NaN) must stay NaN");
}
