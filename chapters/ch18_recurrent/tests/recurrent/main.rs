//! All proofs of recurrent networks in one program.

mod golden;
mod gradcheck;
mod laws;
mod support;
