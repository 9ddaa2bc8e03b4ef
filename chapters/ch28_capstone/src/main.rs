//! The capstone: `cargo run --release` trains a network on MNIST, or on generated digits, and draws what it learned.

use std::process::ExitCode;

use ch28_capstone::{Args, explain, run};
use clap::Parser;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{}", explain(&error));
            ExitCode::FAILURE
        }
    }
}
