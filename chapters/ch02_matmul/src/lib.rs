//! # Chapter 2: matrix multiplication
//!
//! Built here: the product of two matrices, from three loops to a blocked product, and the product in use.
//!
//! It stands on the arrays of chapter 1.

extern crate self as ch02_matmul;

mod fallback;
mod matmul;

pub use fallback::in_fallback;
pub use matmul::{matmul, matmul_add};
