//! The reader's command line, `cargo learn`.

fn main() {}
