//! The reader's command line, `cargo learn`: exercises are listed, checked, hinted at, reset and installed.
//!
//! ```text
//! cargo learn                 what there is and how far you are
//! cargo learn next            the first exercise that is not solved
//! cargo learn run ch05/linear check it
//! cargo learn use ch05        let the library run on what you solved
//! ```
//!
//! `source` knows the marks in a file, `house` where things are, `state` what is remembered, `cargo` how checks run.
//! What the reader wrote is never overwritten without being asked for.

mod bundle;
mod cargo;
mod generate;
mod house;
mod install;
mod reader;
mod seed;
mod source;
mod state;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use ch00_start::file::workspace_root;
use clap::{Parser, Subcommand};

use crate::cargo::Cargo;
use crate::house::House;
use crate::state::State;

/// Solve the book's exercises. An exercise is named like ch05/linear, ch05/e01 or linear.
#[derive(Debug, Parser)]
#[command(name = "cargo learn", bin_name = "cargo learn")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the exercises and how far you are (the default)
    List,
    /// Show the first exercise that is not solved
    Next,
    /// Check an exercise (the first that is not solved, if none is named)
    Run { exercise: Option<String> },
    /// Show the next hint
    Hint {
        exercise: String,
        /// Show all hints
        #[arg(long)]
        all: bool,
    },
    /// Check again whenever the file is saved
    Watch { exercise: Option<String> },
    /// Write the stub again; your text is kept in .learn/backups
    Reset { exercise: String },
    /// Let the library run on what you solved in a chapter
    Use {
        chapter: String,
        /// Go back to our code
        #[arg(long)]
        off: bool,
    },
    /// For authors: write the stubs from the solutions
    Generate {
        /// Only compare, and look for missing parts
        #[arg(long, conflicts_with = "force")]
        check: bool,
        /// Overwrite edited files too; their text is kept in .learn/backups
        #[arg(long)]
        force: bool,
    },
    /// For authors: prove on a copy that stubs fail, solutions pass and every mistake is named
    Verify {
        /// Only this chapter
        #[arg(long)]
        chapter: Option<String>,
    },
}

fn main() -> ExitCode {
    match act(Arguments::parse().command.unwrap_or(Action::List)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// False when a check did not pass.
fn act(action: Action) -> Result<bool> {
    let root = workspace_root();
    let house = House::open(&root)?;
    let cargo = Cargo { root: root.clone(), target: None };
    let mut state = State::open(&root)?;
    match action {
        Action::List => reader::list(&house, &state)?,
        Action::Next => reader::next(&house, &state)?,
        Action::Run { exercise } => return reader::run(&house, &mut state, &cargo, exercise.as_deref()),
        Action::Hint { exercise, all } => reader::hint(&house, &mut state, &exercise, all)?,
        Action::Watch { exercise } => reader::watch(&house, &mut state, &cargo, exercise.as_deref())?,
        Action::Reset { exercise } => reader::reset(&house, &mut state, &exercise)?,
        Action::Use { chapter, off: true } => install::remove(&house, &chapter)?,
        Action::Use { chapter, off: false } => install::install(&house, &mut state, &cargo, &chapter)?,
        Action::Generate { check: true, .. } => generate::check(&house)?,
        Action::Generate { check: false, force } => generate::generate(&house, &mut state, force)?,
        Action::Verify { chapter } => verify::verify(&house, chapter.as_deref())?,
    }
    Ok(true)
}
