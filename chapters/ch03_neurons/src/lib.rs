//! # Chapter 3: neurons
//!
//! Built here: activations with their derivatives, and finite differences, which prove them.
//!
//! It stands on arrays (chapter 1) and matrix products (chapter 2).

extern crate self as ch03_neurons;

mod finite_difference;
mod relu;

pub use finite_difference::{assert_gradient, numerical_gradient};
pub use relu::{relu, relu_backward};
