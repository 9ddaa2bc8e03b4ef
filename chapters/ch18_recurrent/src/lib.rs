//! # Chapter 18: recurrent networks
//!
//! Built here: [`Rnn`], [`Lstm`] and [`Gru`] with all options of PyTorch's but projections, over packed sequences
//! ([`Packing`]); and [`LstmClassifier`], which reads a text both ways.
//!
//! It stands on layers (chapter 5), dropout (12), token batches (13), the trainer's contract (14) and embeddings (17).
//!
//! Left out: projections of the state (`proj_size`), peephole connections.

extern crate self as ch18_recurrent;

mod classifier;
mod config;
mod direction;
mod kind;
mod kinds;
mod names;
mod packed_mean;
mod packing;
mod recurrent;
mod state;
mod step_sizes;

pub use classifier::{LstmClassifier, LstmClassifierConfig};
pub use config::RecurrentConfig;
pub use kind::{Back, Kind, Step};
pub use kinds::{Gated, LongShort, Nonlinearity};
pub use packed_mean::{packed_mean, packed_mean_backward};
pub use packing::Packing;
pub use recurrent::{Gru, Lstm, Recurrent, Rnn};
pub use state::State;
pub use step_sizes::step_sizes;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
