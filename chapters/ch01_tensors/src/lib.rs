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
mod compare;
pub mod context;
mod create;
mod display;
mod einsum;
mod element;
mod elementwise;
mod elementwise_loops;
pub mod fold;
mod index;
mod join;
pub mod level;
mod mask;
pub mod npy;
mod npy_header;
pub mod npz;
mod ops;
mod order;
mod pad;
pub mod pool;
mod reduce;
mod reduce_loops;
mod rng;
mod save;
mod shape;
mod slice;
mod statistics;
mod storage;
mod view;
mod walk;

#[cfg_attr(yours_broadcast, path = "../yours/e02_broadcast.rs")]
mod broadcast;

#[cfg_attr(yours_logsumexp, path = "../yours/e05_logsumexp.rs")]
mod logsumexp;

#[cfg_attr(yours_merging, path = "../yours/e04_merging.rs")]
mod merging;

#[cfg_attr(yours_slicing, path = "../yours/e03_slicing.rs")]
mod slicing;

#[cfg_attr(yours_strides, path = "../yours/e01_strides.rs")]
mod strides;

#[cfg_attr(yours_subscripts, path = "../yours/e06_subscripts.rs")]
mod subscripts;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");

pub use array::{Array, Tensor};
pub use broadcast::{broadcast_shape, broadcast_strides};
pub use compare::Operand;
pub use context::fail;
pub use einsum::einsum;
pub use element::{DType, Element, Float, Num};
pub use logsumexp::log_sum_exp;
pub use merging::merge_axes;
pub use order::Unique;
pub use pad::Pad;
pub use reduce::Axes;
pub use rng::{Position, Rng};
pub use save::{write_atomic, write_atomic_with};
pub use shape::{Dims, MAX_NDIM, Shape, Strides, axis_index};
pub use slice::{Slice, Slices};
pub use slicing::slice_range;
pub use strides::{contiguous_strides, flat_index};
pub use subscripts::{Subscripts, parse_subscripts};
