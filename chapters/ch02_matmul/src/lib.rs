//! # Chapter 2: matrix multiplication
//!
//! Built here: the product of two matrices as a ladder ([`naive`], [`loop_order`], [`blocked`], then packed panels with a
//! micro-kernel in vector instructions), each rung doing the same sums in an order that suits the processor better; and the
//! product in use: [`matmul`] for matrices and batches of them, [`matmul_add`] that adds to a result, [`gemm_into`] for
//! parts of slices, [`matvec`] and [`dot`], and the gradients of a product, [`matmul_backward`].
//!
//! The packed rung is ours for f32 on x86-64 processors with AVX2 or AVX-512, found out while the program runs
//! ([`Kernel`]). For f64 and on other processors the `matrixmultiply` crate stands in; it is the yardstick as well.
//!
//! It stands on the arrays of chapter 1.
//!
//! Left out: micro-kernels for other processors and for f64, and Strassen's method. Half precision comes in chapter 21,
//! GPUs in chapter 22.

extern crate self as ch02_matmul;

mod fallback;
mod kernel;
mod matmul;
mod matvec;
mod naive;
mod packed;
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
pub use kernel::{Kernel, with_kernel};
pub use loop_order::loop_order;
pub use matmul::{matmul, matmul_add, product_shape};
pub use matmul_backward::matmul_backward;
pub use matvec::{dot, matvec};
pub use naive::{check_lengths, naive};
pub use window::{Window, WindowMut, gemm_into};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
