//! The tests of chapter 16, as one program.

mod structure;
