//! # Chapter 18: recurrent networks
//!
//! Built here: one step, readable, as [`RnnCell`], [`LstmCell`] and [`GruCell`]; the same maths fast as [`Rnn`], [`Lstm`] and
//! [`Gru`], with all options of PyTorch's but projections, over packed sequences ([`Packing`]), in one go, in chunks
//! ([`backward_chunks`]) or step by step ([`Stream`]); [`LstmClassifier`], which reads a text both ways; and [`Seq2Seq`], an
//! encoder and a decoder with [`AdditiveAttention`].
//!
//! It stands on matrix products (chapter 2), activations (3), layers (5), dropout (12), token batches (13), the trainer's
//! contract (14) and embeddings (17).
//!
//! Left out: projections of the state (`proj_size`), peephole connections.

extern crate self as ch18_recurrent;

mod cell_weights;

#[cfg_attr(yours_rnn_cell, path = "../yours/e01_rnn_cell.rs")]
mod rnn_cell;

#[cfg_attr(yours_lstm_cell, path = "../yours/e02_lstm_cell.rs")]
mod lstm_cell;

#[cfg_attr(yours_gru_cell, path = "../yours/e03_gru_cell.rs")]
mod gru_cell;

mod config;
mod names;
mod packing;
mod state;

#[cfg_attr(yours_step_sizes, path = "../yours/e04_step_sizes.rs")]
mod step_sizes;

mod direction;
mod kind;
mod kinds;
mod networks;
mod recurrent;

#[cfg_attr(yours_chunks, path = "../yours/e05_chunks.rs")]
mod chunks;

mod stream;

mod classifier;
mod packed_mean;

#[cfg_attr(yours_additive_attention, path = "../yours/e06_additive_attention.rs")]
mod additive_attention;

mod seq2seq;

pub use additive_attention::AdditiveAttention;
pub use cell_weights::{CellWeights, last_step};
pub use chunks::{backward_chunks, forward_chunks};
pub use classifier::{LstmClassifier, LstmClassifierConfig};
pub use config::RecurrentConfig;
pub use gru_cell::GruCell;
pub use kind::{Back, Kind, Step};
pub use kinds::{Gated, LongShort, Nonlinearity};
pub use lstm_cell::LstmCell;
pub use networks::{Gru, Lstm, Rnn};
pub use packed_mean::{packed_mean, packed_mean_backward};
pub use packing::Packing;
pub use recurrent::Recurrent;
pub use rnn_cell::RnnCell;
pub use seq2seq::{Seq2Seq, Seq2SeqConfig};
pub use state::State;
pub use step_sizes::step_sizes;
pub use stream::{BothWays, Stream};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
