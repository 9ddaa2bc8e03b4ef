//! Anomaly mode: the first operation that makes a NaN is named, in the forward and in the backward pass.
//!
//! A NaN spreads: one bad element of a hidden layer makes the loss NaN, then every gradient, then every weight. What one
//! sees is the end of that chain. Looking at every result as it is made finds the beginning. It costs a pass over every
//! array, so it is off by default.

use std::cell::Cell;
use std::panic::Location;

use ch01_tensors::{Array, Float, fail};

use crate::mode;

thread_local! {
    static DETECT: Cell<bool> = const { Cell::new(false) };
    /// The operation whose backward rule is running, and where its forward was called.
    static RULE: Cell<Option<(&'static str, &'static Location<'static>)>> = const { Cell::new(None) };
}

/// Runs `f`, and panics at the first operation that makes a NaN (`torch.autograd.detect_anomaly`).
pub fn detect_anomaly<R>(f: impl FnOnce() -> R) -> R {
    mode::with(&DETECT, true, f)
}

/// Runs the backward rule of an operation, so that a NaN made by it is blamed on that operation.
pub(crate) fn within_rule<R>(
    name: &'static str,
    place: &'static Location<'static>,
    f: impl FnOnce() -> R,
) -> R {
    if !DETECT.get() {
        return f();
    }
    /// Puts the outer operation back, even if the rule fails.
    struct Back(Option<(&'static str, &'static Location<'static>)>);
    impl Drop for Back {
        fn drop(&mut self) {
            RULE.set(self.0);
        }
    }
    let _back = Back(RULE.replace(Some((name, place))));
    f()
}

/// Fails if `value` holds a NaN.
#[track_caller]
pub(crate) fn check<T: Float>(name: &str, inputs: &[Array<T>], value: &Array<T>) {
    if !DETECT.get() || !has_nan(value) {
        return;
    }
    let rule = RULE.get();
    let shapes: Vec<_> = inputs.iter().map(Array::shape).collect();
    let made = match inputs.iter().position(has_nan) {
        Some(input) => format!("its input {input} held NaN before any operation did (shapes {shapes:?})"),
        None => format!("made the first NaN, from inputs without one (shapes {shapes:?})"),
    };
    match rule {
        Some((forward, place)) => {
            fail(name, format_args!("{made}, in the backward pass of `{forward}`, called at {place}"))
        }
        None => fail(name, format_args!("{made}")),
    }
}

fn has_nan<T: Float>(value: &Array<T>) -> bool {
    value.clone().contiguous().data().iter().any(|x| x.is_nan())
}
