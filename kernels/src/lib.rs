//! Handwritten CUDA kernels, and what runs them: a simulator on every machine, a GPU where there is one.
//!
//! The kernels are in `cuda/`, plain CUDA, one file per family, each a ladder of versions. [`Device`] runs them: the launch
//! code of a family (grid, shared memory, order of the arguments) is written once and is the same on the simulator
//! ([`Device::simulator`]) and, with feature `cuda`, on a GPU. The simulator (`sim/`) compiles the same source with the host's
//! C++ compiler and reports what a GPU leaves undefined: accesses out of bounds, races, divergent barriers, shuffles
//! from absent lanes, reads of memory that nothing wrote.
//!
//! Left out: textures, managed memory, dynamic parallelism; and, on the simulator, the instructions that only
//! Hopper has (wgmma, TMA, clusters).

// Without a C++ compiler and without the feature there is nothing to launch on.
#![cfg_attr(not(any(simulator, feature = "cuda")), allow(dead_code, unreachable_code, unused_variables))]

mod buffer;
mod counts;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
mod element;
mod error;
mod graph;
mod launch;
mod pinned;
pub mod rewrite;
mod rung;
#[cfg(simulator)]
mod simulator;
#[cfg(not(simulator))]
#[path = "no_simulator.rs"]
mod simulator;
mod stream;

pub mod attention;
pub mod batch_norm;
pub mod conv;
pub mod cross_entropy;
pub mod dropout;
pub mod elementwise;
pub mod embedding;
pub mod hopper;
pub mod layer_norm;
pub mod lstm;
pub mod matmul;
pub mod optimizer;
pub mod peak;
pub mod pool;
pub mod reduce;
pub mod softmax;
pub mod testing;
pub mod transpose;

pub use buffer::DeviceBuffer;
pub use counts::Counts;
pub use device::Device;
pub use element::{Bf16, Element};
pub use error::{FaultKind, KernelError};
pub use graph::Graph;
pub use launch::{Arg, Dim3, Launch};
pub use pinned::Pinned;

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Whether this build has the simulator (it needs a C++ compiler). Tests that need it and find none print what they skip.
pub const HAS_SIMULATOR: bool = cfg!(simulator);
