//! # Chapter 3: neurons
//!
//! Built here: the perceptron and its rule, the forward pass of a multi-layer perceptron, activations with their
//! derivatives, the vectorised exp, tanh and erf that they are made of, and finite differences, which prove the
//! derivatives.
//!
//! It stands on arrays (chapter 1) and matrix products (chapter 2).
//!
//! Left out: what to minimise (chapter 4), gradients through several layers and training them (chapter 5), how to
//! choose the first weights (chapter 8).

extern crate self as ch03_neurons;

#[cfg_attr(yours_perceptron, path = "../yours/e01_perceptron.rs")]
mod perceptron;

mod activation;
mod mlp;

mod relu;

mod elu;
mod leaky_relu;
mod prelu;
mod selu;

#[cfg_attr(yours_sigmoid, path = "../yours/e02_sigmoid.rs")]
mod sigmoid;

mod tanh;

#[cfg_attr(yours_gelu, path = "../yours/e04_gelu.rs")]
mod gelu;

mod hard_swish;
mod silu;
mod softplus;

#[cfg_attr(yours_softmax, path = "../yours/e03_softmax.rs")]
mod softmax;

mod log_softmax;
pub mod rows;

#[cfg_attr(yours_exp, path = "../yours/e05_exp.rs")]
pub mod exp;

pub mod erf;
mod ln_1p;
pub mod math;
mod normal;
mod prefetch;
pub mod simd;

#[cfg_attr(yours_finite_difference, path = "../yours/e06_finite_difference.rs")]
mod finite_difference;

pub use activation::Activation;
pub use elu::{elu, elu_backward};
pub use finite_difference::{assert_gradient, numerical_gradient};
pub use gelu::{gelu, gelu_backward, gelu_tanh, gelu_tanh_backward};
pub use hard_swish::{hard_swish, hard_swish_backward};
pub use leaky_relu::{leaky_relu, leaky_relu_backward};
pub use ln_1p::ln_1p_f32;
pub use log_softmax::{log_softmax, log_softmax_backward};
pub use mlp::{Mlp, Trace};
pub use perceptron::Perceptron;
pub use prelu::{prelu, prelu_backward};
pub use relu::{relu, relu_backward};
pub use selu::{SELU_ALPHA, SELU_SCALE, selu, selu_backward};
pub use sigmoid::{sigmoid, sigmoid_at, sigmoid_backward};
pub use silu::{silu, silu_backward};
pub use softmax::{softmax, softmax_backward};
pub use softplus::{softplus, softplus_at, softplus_backward};
pub use tanh::{tanh, tanh_backward, tanh_f32};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
