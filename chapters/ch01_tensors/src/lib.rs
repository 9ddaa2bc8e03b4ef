//! # Chapter 1: tensors
//!
//! Built here: n-dimensional arrays as in numpy. Shared storage from a pool, shapes and strides, free views,
//! broadcasting, elementwise maths, reductions, sorting, joining, indexing, printing, `.npy` files; seeded random
//! streams; and the way errors name the layer they happened in.
//!
//! It stands on nothing but the standard library, a thread pool and a random number generator.
//!
//! Left out: matrix products (chapter 2), gradients (chapters 5 and 6), fast vector code for exp and its kin
//! (chapter 3), half precision (chapter 21).

extern crate self as ch01_tensors;

mod array;
pub mod context;
mod create;
mod display;
mod element;
mod elementwise;
pub mod npy;
mod npy_header;
pub mod npz;
mod ops;
pub mod pool;
mod reduce;
mod rng;
mod save;
mod shape;
mod storage;
mod view;
mod walk;

#[cfg_attr(yours_broadcast, path = "../yours/e02_broadcast.rs")]
mod broadcast;

#[cfg_attr(yours_strides, path = "../yours/e01_strides.rs")]
mod strides;

pub use array::{Array, Tensor};
pub use broadcast::{broadcast_shape, broadcast_strides};
pub use context::fail;
pub use element::{DType, Element, Float, Num};
pub use reduce::Axes;
pub use rng::{Position, Rng};
pub use save::write_atomic;
pub use shape::{Dims, MAX_NDIM, Shape, Strides, axis_index};
pub use strides::{contiguous_strides, flat_index};
