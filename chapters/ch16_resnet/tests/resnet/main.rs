//! The tests of chapter 16, as one program.

mod fast;
mod golden;
mod gradients;
mod properties;
mod structure;
mod transfer;
