//! All proofs of the losses in one program: what is generic is compiled once for them, not once for each file.

mod fast;
mod golden;
mod gradcheck;
mod properties;
mod rules;
mod support;
mod traps;
