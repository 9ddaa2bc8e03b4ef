//! The capstone's program: reads the command line, does what it says, and ends with 0, or with an error and 1.

use std::io::{self, Write};
use std::panic;
use std::process::{self, ExitCode};

use ch28_capstone::{Args, explain, run};
use clap::Parser;

fn main() -> ExitCode {
    end_with_the_reader();
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("{}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Ends when nobody reads any more what is printed, as after `| head`: as safe as a kill, and no case for a backtrace.
fn end_with_the_reader() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |about| {
        match about.payload().downcast_ref::<String>() {
            // What `println!` panics with.
            Some(said) if said.starts_with("failed printing to stdout") => {
                let _ = writeln!(io::stderr(), "error: {said}");
                process::exit(1);
            }
            _ => usual(about),
        }
    }));
}
