//! `cargo learn use ch05`: the library, later chapters and the capstone run on what the reader solved.
//!
//! A snapshot of every solved file is put into `yours/`, so that a later typo in the file cannot break the workspace.

use std::fs;

use anyhow::{Context, Result, bail};
use ch00_start::file::write_atomic;

use crate::cargo::Cargo;
use crate::house::{Chapter, Exercise, House};
use crate::reader::remember;
use crate::source::has_todo;
use crate::state::{Progress, State};

/// Checks what the reader wrote in a chapter and installs it; installs nothing when a piece fails.
pub fn install(house: &House, state: &mut State, cargo: &Cargo, chapter: &str) -> Result<()> {
    let chapter = house.chapter(chapter)?;
    let mut pieces: Vec<(&Exercise, String)> = Vec::new();
    let mut ours: Vec<(&Exercise, &str)> = Vec::new();
    for exercise in &chapter.exercises {
        match (state.progress(exercise)?, exercise.text()?) {
            (Progress::Untouched, _) => ours.push((exercise, "untouched")),
            (_, None) => ours.push((exercise, "the file is gone")),
            (_, Some(text)) if has_todo(&text) => ours.push((exercise, "a todo!() is left")),
            (_, Some(text)) => pieces.push((exercise, text)),
        }
    }
    if !pieces.is_empty() {
        println!("checking {} ...", names(&pieces));
    }
    let checked: Vec<&Exercise> = pieces.iter().map(|(exercise, _)| *exercise).collect();
    let outcomes = cargo.check(&checked)?;
    let mut refused = Vec::new();
    for ((exercise, text), outcome) in pieces.iter().zip(&outcomes) {
        remember(state, exercise, text, outcome)?;
        if let Some(message) = outcome.message() {
            refused.push(format!("{}: {message}", exercise.short()));
        }
    }
    if !refused.is_empty() {
        bail!("nothing was installed, because this does not pass:\n\n{}", refused.join("\n\n"));
    }
    replace_snapshots(house, cargo, chapter, &pieces)?;
    if pieces.is_empty() {
        println!("{} runs on our code: nothing is solved in it yet.", chapter.package);
    } else {
        println!("{} now runs on your code:", chapter.package);
    }
    for exercise in &chapter.exercises {
        match ours.iter().find(|(e, _)| e.id == exercise.id) {
            Some((_, why)) => println!("  {}: ours ({why})", exercise.id),
            None => println!("  {}: yours", exercise.id),
        }
    }
    Ok(())
}

fn names(pieces: &[(&Exercise, String)]) -> String {
    pieces.iter().map(|(exercise, _)| exercise.short()).collect::<Vec<_>>().join(", ")
}

/// Makes `yours/` hold exactly these texts; puts back what was there when the library does not compile with them.
fn replace_snapshots(
    house: &House,
    cargo: &Cargo,
    chapter: &Chapter,
    pieces: &[(&Exercise, String)],
) -> Result<()> {
    let old: Vec<(&Exercise, Option<Vec<u8>>)> =
        chapter.exercises.iter().map(|e| (e, fs::read(e.installed_file()).ok())).collect();
    let new = chapter.exercises.iter().map(|e| {
        let text =
            pieces.iter().find(|(piece, _)| piece.id == e.id).map(|(_, text)| text.clone().into_bytes());
        (e, text)
    });
    let changed: Vec<_> =
        new.filter(|(e, text)| old.iter().any(|(o, was)| o.id == e.id && was != text)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let written = changed.iter().try_for_each(|(exercise, text)| write_snapshot(exercise, text.as_deref()));
    let broken = match written {
        Ok(()) if pieces.is_empty() => return Ok(()),
        Ok(()) => library_errors(house, cargo, chapter).map(|errors| {
            errors.map(|errors| {
                format!(
                    "nothing was installed: every piece passes its check, but the library does not compile with them. \
                     Are names, arguments and types those of the stub?\n\n{errors}"
                )
            })
        }),
        Err(e) => Err(e),
    };
    if let Ok(None) = broken {
        return Ok(());
    }
    old.iter().try_for_each(|(exercise, text)| write_snapshot(exercise, text.as_deref()))?;
    match broken? {
        Some(message) => bail!("{message}"),
        None => Ok(()),
    }
}

fn write_snapshot(exercise: &Exercise, text: Option<&[u8]>) -> Result<()> {
    let path = exercise.installed_file();
    let result = match text {
        Some(text) => write_atomic(&path, text),
        None if path.exists() => fs::remove_file(&path),
        None => Ok(()),
    };
    result.with_context(|| format!("cannot change {}", path.display()))
}

/// Compiles the chapter and the chapters that stand on it.
fn library_errors(house: &House, cargo: &Cargo, chapter: &Chapter) -> Result<Option<String>> {
    let mut arguments = vec!["check", "--lib", "--package", &chapter.package];
    let folder = house.root.join("chapters");
    let mut above: Vec<String> = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        let stands_on_it = manifest.lines().any(|line| {
            let rest = line.trim_start().strip_prefix(&chapter.package);
            rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        });
        if stands_on_it && entry.path().join("src/lib.rs").is_file() {
            above.extend(entry.file_name().into_string().ok());
        }
    }
    above.iter().for_each(|package| arguments.extend(["--package", package]));
    cargo.compile_errors(&arguments)
}

/// Removes the snapshots of a chapter: the library runs on our code again.
pub fn remove(house: &House, chapter: &str) -> Result<()> {
    let chapter = house.chapter(chapter)?;
    let installed: Vec<_> = chapter.exercises.iter().filter(|e| e.installed_file().exists()).collect();
    installed.iter().try_for_each(|exercise| write_snapshot(exercise, None))?;
    println!("{} runs on our code; your files in exercises/ are as they were.", chapter.package);
    Ok(())
}
