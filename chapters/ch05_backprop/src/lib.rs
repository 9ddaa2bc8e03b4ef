//! # Chapter 5: backpropagation
//!
//! Built here: the [`Layer`] contract (forward, backward, infer) with its traversal of parameters, Linear, the activations as layers, residual
//! addition, a multi-layer perceptron with its backward pass by hand, [`gradcheck`], which proves a backward pass by
//! numerical gradients, comparisons of a layer with itself in f64 ([`assert_fast`]) and with PyTorch's
//! ([`assert_golden`]), and the training loop, which [`labelled_rows`] feeds with pictures.
//!
//! It stands on arrays (chapter 1), matrix products (2), activations (3) and losses (4).
//!
//! Left out: gradients without writing them (chapter 6), containers and saved weights (7), better initial weights (8),
//! better optimizers than plain gradient descent (9), a full trainer (14).

extern crate self as ch05_backprop;

mod compare;
mod labelled_rows;
mod layer;
mod prelu;

#[cfg_attr(yours_linear, path = "../yours/e01_linear.rs")]
mod linear;

#[cfg_attr(yours_activation, path = "../yours/e02_activation.rs")]
mod activation;

#[cfg_attr(yours_residual, path = "../yours/e03_residual.rs")]
mod residual;

#[cfg_attr(yours_mlp, path = "../yours/e04_mlp.rs")]
mod mlp;

#[cfg_attr(yours_gradcheck, path = "../yours/e05_gradcheck.rs")]
mod gradcheck;

#[cfg_attr(yours_training, path = "../yours/e06_training.rs")]
mod training;

pub use activation::ActivationLayer;
pub use compare::{assert_close, assert_fast, assert_golden};
pub use gradcheck::gradcheck;
pub use labelled_rows::labelled_rows;
pub use layer::{Entry, Layer, Module, Param, Path, Role, Visitor, for_each_param, zero_grad};
pub use linear::Linear;
pub use mlp::Mlp;
pub use prelu::PRelu;
pub use residual::Residual;
pub use training::{accuracy, predict, sgd_step, train_epoch, train_step};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
