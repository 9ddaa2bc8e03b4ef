//! # Chapter 7: modules
//!
//! Built here: [`Sequential`], a chain of any layers, [`Parallel`], layers side by side, [`Graph`], layers in any order
//! without cycles, and [`Flatten`]; [`hook`], which looks at what flows between them; everything that goes over a whole network by
//! its visitor, whatever the network is: [`named_parameters`] and [`named_buffers`], [`init_with`], [`state_dict`] and
//! [`load_state_dict`], [`freeze`], [`count_parameters`], [`summary`] and [`summary_of`]; weights in files that PyTorch
//! reads too, [`safetensors`]; and [`awake`], for use with single inputs.
//!
//! It stands on arrays (chapter 1) and on the contract of layers and visitors (chapter 5, whose [`Residual`] is shown
//! here again).
//!
//! Left out: networks with several inputs, which are structs of their own (chapter 20). Better initial weights are
//! chapter 8; half precision in files is chapter 21.

extern crate self as ch07_modules;

mod any_tensor;
mod awake;
mod flatten;
mod graph;
mod hooks;
mod join;
mod named;
pub mod safetensors;
mod summary;

#[cfg_attr(yours_header, path = "../yours/e03_header.rs")]
mod header;

#[cfg_attr(yours_sequential, path = "../yours/e01_sequential.rs")]
mod sequential;

#[cfg_attr(yours_parallel, path = "../yours/e05_parallel.rs")]
mod parallel;

#[cfg_attr(yours_state, path = "../yours/e02_state.rs")]
mod state;

#[cfg_attr(yours_freeze, path = "../yours/e04_freeze.rs")]
mod freeze;

pub use any_tensor::AnyTensor;
pub use awake::awake;
pub use ch05_backprop::Residual;
pub use flatten::Flatten;
pub use freeze::{count_parameters, count_trainable, freeze, unfreeze};
pub use graph::{Graph, Node};
pub use header::{TensorEntry, header};
pub use hooks::{AnyLayer, Handle, Pass, hook, hook_all, observed};
pub use join::{Join, JoinKept};
pub use named::{init_with, named_buffers, named_parameters};
pub use parallel::Parallel;
pub use sequential::Sequential;
pub use state::{StateError, load_state_dict, state_dict};
pub use summary::{summary, summary_of};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
