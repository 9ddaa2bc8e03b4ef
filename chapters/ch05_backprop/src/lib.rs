//! # Chapter 5: backpropagation
//!
//! Built here: the [`Layer`] contract (forward, backward, infer, visit), Linear, the activations as layers, a
//! multi-layer perceptron with its backward pass by hand, and [`gradcheck`], which proves a backward pass by numerical
//! gradients.
//!
//! It stands on arrays (chapter 1), matrix products (2), activations (3) and losses (4).
//!
//! Left out: gradients without writing them (chapter 6), containers and saved weights (7), better initial weights (8),
//! better optimizers than plain gradient descent (9).

extern crate self as ch05_backprop;

mod layer;

#[cfg_attr(yours_linear, path = "../yours/e01_linear.rs")]
mod linear;

pub use layer::{Entry, Layer, Param, Path, Role, Visitor, for_each_param, zero_grad};
pub use linear::Linear;
