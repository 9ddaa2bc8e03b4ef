//! SELU: an ELU whose two constants keep mean 0 and variance 1 from layer to layer, for weights of variance 1/fan-in
//! (Klambauer et al. 2017; `torch.nn.functional.selu`).
//!
//! `λ x` above 0 and `λ α (e^x - 1)` below. The constants solve `E[f(z)] = 0` and `E[f(z)²] = 1` for a standard normal `z`.

use ch01_tensors::{Array, Float};

use crate::elu::{scaled, scaled_backward};

/// α of SELU.
pub const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// λ of SELU.
pub const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

// ANCHOR: selu
/// `λ x` above 0, `λ α (e^x - 1)` elsewhere.
pub fn selu<T: Float>(x: Array<T>) -> Array<T> {
    scaled(x, SELU_ALPHA, SELU_SCALE)
}

/// `dL/dx = λ g` where `x > 0` and `λ α e^x g` elsewhere, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn selu_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    scaled_backward("selu_backward", grad, x, SELU_ALPHA, SELU_SCALE)
}
// ANCHOR_END: selu
