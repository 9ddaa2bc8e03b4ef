//! # Chapter 22: CUDA
//!
//! Built here: [`GpuTensor`], an array on a device, with a caching allocator ([`Gpu`]), streams and pinned copies ([`Feeder`]);
//! [`GpuMlp`], the network of chapter 5 trained on the device; [`occupancy`]; and eight kernels which the reader writes and tests on
//! the simulator, without a GPU.
//!
//! It stands on arrays (chapter 1), the network of chapter 5, and `kernels`, where the kernels of this book are, each as a ladder from
//! naive to fast, with the simulator that runs and checks them.
//!
//! Left out: several devices (chapter 23), kernels compiled at run time on a GPU.

extern crate self as ch22_cuda;

mod advice;
mod allocator;
mod feeder;
mod mlp;
mod occupancy;
mod source;
mod tensor;
mod testing;

#[cfg_attr(yours_vector_add, path = "../yours/e01_vector_add.rs")]
mod vector_add;

#[cfg_attr(yours_block_sum, path = "../yours/e02_block_sum.rs")]
mod block_sum;

#[cfg_attr(yours_warp_sum, path = "../yours/e03_warp_sum.rs")]
mod warp_sum;

#[cfg_attr(yours_transpose, path = "../yours/e04_transpose.rs")]
mod transpose;

#[cfg_attr(yours_tiled_matmul, path = "../yours/e05_tiled_matmul.rs")]
mod tiled_matmul;

#[cfg_attr(yours_row_softmax, path = "../yours/e06_row_softmax.rs")]
mod row_softmax;

#[cfg_attr(yours_row_layer_norm, path = "../yours/e07_row_layer_norm.rs")]
mod row_layer_norm;

#[cfg_attr(yours_bias_gradient, path = "../yours/e08_bias_gradient.rs")]
mod bias_gradient;

pub use advice::{advice, must};
pub use allocator::{Gpu, Statistics, size_class};
pub use bias_gradient::bias_gradient;
pub use block_sum::block_sum;
pub use feeder::Feeder;
pub use mlp::GpuMlp;
pub use occupancy::{A100, H100, Multiprocessor, occupancy};
pub use row_layer_norm::row_layer_norm;
pub use row_softmax::row_softmax;
pub use source::CudaSource;
pub use tensor::GpuTensor;
pub use testing::{numbers, simulator, wide};
pub use tiled_matmul::tiled_matmul;
pub use transpose::transpose;
pub use vector_add::vector_add;
pub use warp_sum::warp_sum;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
