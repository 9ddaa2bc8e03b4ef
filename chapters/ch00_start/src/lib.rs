//! Chapter 0: the tools that every chapter uses, and the reader's command line.
//!
//! Built here: [`Record`], which writes down what an experiment measured and under which circumstances;
//! [`figure`], which draws the book's pictures in one style; [`check::close`], which the checks of the exercises use to
//! name a mistake; [`measure`], with which examples look at clocks and memory; [`peer`], with which they
//! take turns with another program; [`allocations`], with which tests count what
//! a step asks the system for; and the program behind `cargo learn` (`src/bin/learn`).
//!
//! It stands on nothing: no other chapter, only plotters (drawing), rayon (threads) and serde_json. It leaves out
//! everything that has to do with learning; that starts with arrays in `ch01_tensors`.

pub mod allocations;
pub mod check;
pub mod figure;
pub mod file;
pub mod measure;
pub mod peer;
mod record;

pub use record::{Record, RecordError};
