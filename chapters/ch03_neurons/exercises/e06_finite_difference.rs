//! Gradients without calculus: nudge one number, see how much the result changes.
//!
//! The central difference `(f(x + h) - f(x - h)) / 2h` is off by `h² f'''(x) / 6`: Taylor's even terms cancel. Doing it
//! with `2h` too and combining, `(8 [f(x+h) - f(x-h)] - [f(x+2h) - f(x-2h)]) / 12h`, cancels that term as well and
//! leaves `h⁴ f⁗'(x) / 30`. Rounding adds about `ε |f| / h`. In f64 with `h = 1e-3 max(1, |x|)` both are near 1e-13 for
//! smooth functions of ordinary size: far below the tolerance of a check.

use ch01_tensors::Array;

/// The gradient of the scalar function `f` at `x`, one element at a time: four calls of `f` for each.
pub fn numerical_gradient(mut f: impl FnMut(&Array<f64>) -> f64, x: &Array<f64>) -> Array<f64> {
    let values = x.to_vec();
    let mut gradient = Array::zeros(*x.shape());
    for (i, &value) in values.iter().enumerate() {
        let h = 1e-3 * value.abs().max(1.0);
        let mut at = |step: f64| {
            let mut nudged = x.copy();
            nudged.data_mut()[i] = value + step;
            f(&nudged)
        };
        // Yours: `at(s)` is f with s added to this element. Combine the differences at ±h and at ±2h so
        // that the terms in h³ cancel, and store the slope in gradient.data_mut()[i].
        todo!()
    }
    gradient
}

/// Checks a gradient against a numerical one, element by element: `|a - n| <= 1e-6 max(|a|, |n|) + 1e-8`.
///
/// # Panics
/// When the shapes differ, or at the first element that is off, naming it and both values.
#[track_caller]
pub fn assert_gradient(what: &str, analytic: &Array<f64>, numeric: &Array<f64>) {
    assert_eq!(analytic.shape(), numeric.shape(), "gradient of {what}: shapes differ");
    for (i, (a, n)) in analytic.iter().zip(numeric.iter()).enumerate() {
        let close = (a - n).abs() <= 1e-6 * a.abs().max(n.abs()) + 1e-8;
        assert!(close, "gradient of {what}, element {i}: {a} by formula, {n} by finite differences");
    }
}
