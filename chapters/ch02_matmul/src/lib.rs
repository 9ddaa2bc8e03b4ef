//! # Chapter 2: matrix multiplication
//!
//! Built here: the product of two matrices as a ladder ([`naive`], [`loop_order`], [`blocked`]), each rung doing the same
//! sums in an order that suits the caches better; then the product in use: [`matmul`] for matrices and batches of them,
//! [`matmul_add`] that adds to a result, [`gemm_into`] for parts of slices, [`matvec`] and [`dot`],
//! and the gradients of a product, [`matmul_backward`].
//!
//! It stands on the arrays of chapter 1.
//!
//! Left out for now: packed panels, vector instructions chosen by hand and threads inside a single product of ours. The
//! product in use takes its speed from the `matrixmultiply` crate. Half precision comes in chapter 21, GPUs in chapter 22.

extern crate self as ch02_matmul;

mod fallback;
mod matmul;
mod matvec;
mod naive;
mod task;
mod window;

#[cfg_attr(yours_loop_order, path = "../yours/e01_loop_order.rs")]
mod loop_order;

#[cfg_attr(yours_blocked, path = "../yours/e02_blocked.rs")]
mod blocked;

#[cfg_attr(yours_matmul_backward, path = "../yours/e03_matmul_backward.rs")]
mod matmul_backward;

pub use blocked::{TILE, blocked};
pub use fallback::in_fallback;
pub use loop_order::loop_order;
pub use matmul::{matmul, matmul_add, product_shape};
pub use matmul_backward::matmul_backward;
pub use matvec::{dot, matvec};
pub use naive::{check_lengths, naive};
pub use window::{Window, WindowMut, gemm_into};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
