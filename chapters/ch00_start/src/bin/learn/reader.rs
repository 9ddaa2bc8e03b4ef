//! The reader's commands: list, next, run, hint, watch, reset.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use ch00_start::file::write_atomic;

use crate::cargo::{Cargo, Outcome};
use crate::house::{Exercise, House};
use crate::state::{Installed, Progress, State, hash, installed};

/// Prints every chapter's exercises and how far the reader is.
pub fn list(house: &House, state: &State) -> Result<()> {
    let (mut solved, mut all, mut next) = (0, 0, None);
    for chapter in &house.chapters {
        let states = chapter.exercises.iter().map(|e| state.progress(e)).collect::<Result<Vec<_>>>()?;
        let done = states.iter().filter(|&&s| s == Progress::Solved).count();
        println!("{}: {done} of {} solved", chapter.package, states.len());
        let widest = chapter.exercises.iter().map(|e| e.id.len()).max().unwrap_or(0);
        for (exercise, &progress) in chapter.exercises.iter().zip(&states) {
            let (mark, words) = match progress {
                Progress::Missing => {
                    ("!", format!("the file is gone (`cargo learn reset {}`)", exercise.short()))
                }
                Progress::Untouched => (" ", "untouched".to_owned()),
                Progress::Edited => ("~", "edited, not checked since".to_owned()),
                Progress::Failing => ("~", "edited, does not pass yet".to_owned()),
                Progress::Solved => ("x", "solved".to_owned()),
            };
            let yours = match installed(exercise)? {
                Installed::No => String::new(),
                Installed::Same => ", installed (yours)".to_owned(),
                Installed::Other => {
                    let chapter = chapter.number();
                    format!(
                        ", installed (yours, an earlier text; `cargo learn use {chapter}` takes the present one)"
                    )
                }
            };
            println!("  [{mark}] {:widest$}  {words}{yours}", exercise.id);
            if progress != Progress::Solved && next.is_none() {
                next = Some(exercise);
            }
        }
        (solved, all) = (solved + done, all + states.len());
    }
    match next {
        _ if all == 0 => println!("There are no exercises here."),
        Some(exercise) => {
            println!("\n{solved} of {all} solved. Next: {} (`cargo learn next`).", exercise.short())
        }
        None => println!("\nAll {all} solved."),
    }
    Ok(())
}

/// The first exercise that is not solved.
pub fn first_unsolved<'a>(house: &'a House, state: &State) -> Result<Option<&'a Exercise>> {
    for exercise in house.exercises() {
        if state.progress(exercise)? != Progress::Solved {
            return Ok(Some(exercise));
        }
    }
    Ok(None)
}

/// The exercise that was asked for, else the first that is not solved.
fn wanted<'a>(house: &'a House, state: &State, query: Option<&str>) -> Result<&'a Exercise> {
    match query {
        Some(query) => house.exercise(query),
        None => first_unsolved(house, state)?.context("every exercise is solved; name the one you want"),
    }
}

/// Prints the task of the first exercise that is not solved.
pub fn next(house: &House, state: &State) -> Result<()> {
    let Some(exercise) = first_unsolved(house, state)? else {
        println!("Every exercise is solved.");
        return Ok(());
    };
    let (task, name) = (exercise.task()?, exercise.short());
    println!("{name}: {}\n\n{}\n", task.title, task.text);
    println!("  write in   {}", exercise.shown_file());
    println!("  check      cargo learn run {name}");
    println!("  a nudge    cargo learn hint {name}");
    if state.progress(exercise)? == Progress::Missing {
        println!("\nThe file is gone; `cargo learn reset {name}` writes it again.");
    }
    Ok(())
}

/// Checks one exercise and remembers the result. True when it passes.
pub fn run(house: &House, state: &mut State, cargo: &Cargo, query: Option<&str>) -> Result<bool> {
    let exercise = wanted(house, state, query)?;
    let outcome = check(state, cargo, exercise)?;
    report(house, state, exercise, &outcome)?;
    Ok(outcome == Outcome::Passed)
}

/// Checks one exercise and remembers the result.
fn check(state: &mut State, cargo: &Cargo, exercise: &Exercise) -> Result<Outcome> {
    let name = exercise.short();
    let Some(text) = exercise.text()? else {
        bail!("{} is gone; `cargo learn reset {name}` writes the stub again", exercise.shown_file());
    };
    println!("checking {name} ...");
    let outcome = cargo.check(&[exercise])?.remove(0);
    remember(state, exercise, &text, &outcome)?;
    Ok(outcome)
}

/// Writes down whether this text passed.
pub fn remember(state: &mut State, exercise: &Exercise, text: &str, outcome: &Outcome) -> Result<()> {
    let now = Some(hash(text));
    state.change(exercise, |entry| {
        if *outcome == Outcome::Passed {
            entry.solved = now;
            entry.failed = None;
        } else {
            if entry.solved == now {
                entry.solved = None;
            }
            entry.failed = now;
        }
    })
}

fn report(house: &House, state: &State, exercise: &Exercise, outcome: &Outcome) -> Result<()> {
    let name = exercise.short();
    match outcome.message() {
        None => {
            println!("{name}: solved.");
            println!("`cargo learn use {}` lets the library run on it.", exercise.package);
            if let Some(next) = first_unsolved(house, state)? {
                println!("Next: {} (`cargo learn next`).", next.short());
            }
        }
        Some(message) => {
            println!("{name}: not solved yet.\n\n{message}\n");
            println!("A nudge: `cargo learn hint {name}`.");
        }
    }
    Ok(())
}

/// Prints the next hint, or all of them.
pub fn hint(house: &House, state: &mut State, query: &str, all: bool) -> Result<()> {
    let exercise = house.exercise(query)?;
    let hints = exercise.task()?.hints;
    if hints.is_empty() {
        bail!("{} has no hints", exercise.short());
    }
    let seen = state.entry(exercise).hints.min(hints.len());
    let range = if all { 0..hints.len() } else { seen.min(hints.len() - 1)..(seen + 1).min(hints.len()) };
    for i in range.clone() {
        println!("{}, hint {} of {}\n\n{}\n", exercise.short(), i + 1, hints.len(), hints[i]);
    }
    if range.end == hints.len() {
        println!("There are no more hints. Our way is in {}.", ours(exercise));
    }
    state.change(exercise, |entry| entry.hints = range.end.max(seen))
}

fn ours(exercise: &Exercise) -> String {
    format!("chapters/{}/src/{}.rs", exercise.package, exercise.name())
}

/// Checks again whenever a file is saved, and goes on to the next exercise after a success. Ends with Ctrl-C.
pub fn watch(house: &House, state: &mut State, cargo: &Cargo, query: Option<&str>) -> Result<()> {
    let mut exercise = wanted(house, state, query)?;
    println!("watching {}; Ctrl-C ends", exercise.shown_file());
    loop {
        let seen = saved(exercise);
        println!("\n------------------------------------------------------------");
        match check(state, cargo, exercise) {
            Ok(outcome) => {
                report(house, state, exercise, &outcome)?;
                if outcome == Outcome::Passed && query.is_none() {
                    match first_unsolved(house, state)? {
                        Some(next) => exercise = next,
                        None => return Ok(()),
                    }
                    println!("watching {}", exercise.shown_file());
                    wait_for_change(exercise, saved(exercise));
                    continue;
                }
            }
            Err(e) => println!("{e:#}"), // a file gone for a moment while an editor saves it, for example
        }
        wait_for_change(exercise, seen);
    }
}

fn saved(exercise: &Exercise) -> Option<SystemTime> {
    fs::metadata(exercise.file()).and_then(|data| data.modified()).ok()
}

fn wait_for_change(exercise: &Exercise, seen: Option<SystemTime>) {
    while saved(exercise) == seen {
        thread::sleep(Duration::from_millis(200));
    }
    thread::sleep(Duration::from_millis(50)); // let the editor finish
}

/// Writes the stub again and keeps what was there.
pub fn reset(house: &House, state: &mut State, query: &str) -> Result<()> {
    let exercise = house.exercise(query)?;
    let stub = exercise.stub()?;
    match exercise.text()? {
        Some(text) if text == stub => {
            println!("{} is the stub already", exercise.shown_file());
            return Ok(());
        }
        Some(_) => {
            let backup = backup(house, exercise)?;
            println!("kept your text in {}", backup.strip_prefix(&house.root).unwrap_or(&backup).display());
        }
        None => {}
    }
    let path = exercise.file();
    write_atomic(&path, stub.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    state.change(exercise, |entry| entry.hints = 0)?;
    println!("{} is the stub again", exercise.shown_file());
    Ok(())
}

/// Copies the reader's file, byte for byte, to `.learn/backups/CHAPTER/EXERCISE.N.rs` with the next free N.
pub fn backup(house: &House, exercise: &Exercise) -> Result<PathBuf> {
    let folder = house.root.join(".learn").join("backups").join(&exercise.package);
    let free = |n: &u32| !folder.join(format!("{}.{n}.rs", exercise.id)).exists();
    let n = (1..).find(free).context("no free name for a backup")?;
    let path = folder.join(format!("{}.{n}.rs", exercise.id));
    let bytes =
        fs::read(exercise.file()).with_context(|| format!("cannot read {}", exercise.shown_file()))?;
    write_atomic(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
