//! All proofs of recurrent networks in one program.

mod allocations;
mod cells;
mod golden;
mod gradcheck;
mod laws;
mod sequences;
mod support;
mod traps;
