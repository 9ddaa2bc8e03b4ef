//! A run that was interrupted ends with the same bits as one that was not; what was saved outlives whatever goes wrong.
//!
//! Everything is seeded: the points with 0 and 1, the loader with 5, the weights with 3.

#[path = "../common/mod.rs"]
mod common;

mod bits;
mod failures;
mod refusals;
