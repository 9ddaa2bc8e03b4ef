//! The tests of chapter 13, as one program.

mod bpe;
mod files;
mod golden;
mod images;
mod loader;
mod splits;
mod texts;
mod transforms;
mod windows;
