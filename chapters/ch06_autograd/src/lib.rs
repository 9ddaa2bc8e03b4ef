//! # Chapter 6: automatic differentiation
//!
//! Built here: a tape. Arrays are wrapped in [`Var`]s; each operation computes its value and writes down how it was made,
//! and [`Var::backward`] walks that record from the loss to the leaves and multiplies with transposed Jacobians. Every
//! backward rule is itself written in `Var`s, so a gradient can be differentiated again ([`grad`] with [`Tape::Create`]):
//! [`hessian_vector`], [`hessian_diagonal`], [`hutchinson_diagonal`]. Around it: [`no_grad`] and [`Var::detach`], hooks, [`detect_anomaly`],
//! [`checkpoint`], pictures of a graph ([`dot`], [`svg`]), and a [`Program`]: a recorded computation that is folded, rid of
//! repetitions, fused and run again without the tape.
//!
//! It stands on arrays (chapter 1), the matrix product (chapter 2) and the vectorised functions of chapter 3. The chapters
//! after it do not stand on it: their layers carry backward passes by hand, as in chapter 5, and use the tape in tests as a
//! third opinion.
//!
//! Left out: forward mode, gradients of complex numbers, a tape that several threads share (each thread may have its own),
//! compiling a program to machine code, and in-place operations that the tape records.

extern crate self as ch06_autograd;

mod anomaly;
mod backward;
mod deduplicate;
mod draw;
mod fold;
mod fuse;
mod hessian;
mod hutchinson;
mod kernel;
mod layout;
mod mode;
mod operation;
mod ops;
mod program;
mod var;

#[cfg_attr(yours_sum_to, path = "../yours/e01_sum_to.rs")]
mod sum_to;

#[cfg_attr(yours_topological, path = "../yours/e02_topological.rs")]
mod topological;

#[cfg_attr(yours_propagate, path = "../yours/e03_propagate.rs")]
mod propagate;

#[cfg_attr(yours_matmul_rule, path = "../yours/e04_matmul_rule.rs")]
mod matmul_rule;

#[cfg_attr(yours_softmax_rule, path = "../yours/e05_softmax_rule.rs")]
mod softmax_rule;

#[cfg_attr(yours_hessian_vector, path = "../yours/e06_hessian_vector.rs")]
mod hessian_vector;

#[cfg_attr(yours_checkpoint, path = "../yours/e07_checkpoint.rs")]
mod checkpoint;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");

pub use anomaly::detect_anomaly;
pub use backward::{Tape, grad};
pub use checkpoint::checkpoint;
pub use draw::{dot, svg};
pub use hessian::{hessian, hessian_diagonal};
pub use hessian_vector::hessian_vector;
pub use hutchinson::hutchinson_diagonal;
pub use matmul_rule::matmul_gradient;
pub use mode::{enable_grad, is_grad_enabled, no_grad};
pub use operation::{Block, Operation, apply};
pub use program::Program;
pub use propagate::propagate;
pub use softmax_rule::{log_softmax_gradient, softmax_gradient};
pub use sum_to::sum_to;
pub use topological::topological_order;
pub use var::Var;
