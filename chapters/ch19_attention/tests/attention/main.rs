//! The tests of chapter 19, one program: gradient checks, laws, golden values, and fast paths against plain ones.

mod cache;
mod common;
mod flash;
mod golden;
mod golden_more;
mod gradients;
mod layers;
mod properties;
mod sparse;
