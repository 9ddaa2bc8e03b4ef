//! # Chapter 7: modules
//!
//! Built here: [`Sequential`], a chain of any layers, and [`Flatten`]; everything that goes over a whole network by its
//! visitor, whatever the network is: [`state_dict`] and [`load_state_dict`], [`freeze`], [`count_parameters`] and
//! [`summary`]; weights in files that PyTorch reads too, [`safetensors`]; and [`awake`], for use with single inputs.
//!
//! It stands on arrays (chapter 1) and on the contract of layers and visitors (chapter 5, whose [`Residual`] is shown
//! here again).
//!
//! Left out, for a later edition of this chapter: `Parallel`, a functional graph of layers, and hooks. Better initial
//! weights by visitor are chapter 8; half precision in files is chapter 21.

extern crate self as ch07_modules;

mod any_tensor;
mod awake;
mod flatten;
pub mod safetensors;
mod summary;

#[cfg_attr(yours_header, path = "../yours/e03_header.rs")]
mod header;

#[cfg_attr(yours_sequential, path = "../yours/e01_sequential.rs")]
mod sequential;

#[cfg_attr(yours_state, path = "../yours/e02_state.rs")]
mod state;

#[cfg_attr(yours_freeze, path = "../yours/e04_freeze.rs")]
mod freeze;

pub use any_tensor::AnyTensor;
pub use awake::awake;
pub use ch05_backprop::Residual;
pub use flatten::Flatten;
pub use freeze::{count_parameters, count_trainable, freeze, unfreeze};
pub use header::{TensorEntry, header};
pub use sequential::Sequential;
pub use state::{StateError, load_state_dict, state_dict};
pub use summary::summary;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
