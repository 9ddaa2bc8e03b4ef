//! The instruments: `diagnose` on planted bugs, event files, the profiler and the account of memory, gradients in pieces.
//!
//! Everything is seeded: the points with 0 and 1, the loader with 5, the weights with 3.

#[path = "../common/mod.rs"]
mod common;

mod diagnose;
mod events;
mod momentum;
mod pieces;
mod profile;
