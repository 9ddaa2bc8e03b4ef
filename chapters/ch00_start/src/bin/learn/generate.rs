//! For those who write exercises: stubs are made from the solutions, and the parts of an exercise are counted.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use ch00_start::file::write_atomic;

use crate::house::{Exercise, House};
use crate::reader::backup;
use crate::source::plain;
use crate::state::{State, hash};

/// Writes the stubs that are missing or older than their solution. A file that somebody edited stays, unless `force`.
pub fn generate(house: &House, state: &mut State, force: bool) -> Result<()> {
    let (mut written, mut kept) = (0, 0);
    for exercise in house.exercises() {
        let stub = exercise.stub()?;
        let text = exercise.text()?;
        if text.as_ref() != Some(&stub) {
            if let Some(text) = &text
                && !is_old_stub(house, state, exercise, text)
            {
                if !force {
                    println!("kept {}: it was edited (--force overwrites it)", exercise.shown_file());
                    kept += 1;
                    continue;
                }
                let copy = backup(house, exercise)?;
                println!(
                    "the edited text is in {}",
                    copy.strip_prefix(&house.root).unwrap_or(&copy).display()
                );
            }
            let path = exercise.file();
            write_atomic(&path, stub.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote {}", exercise.shown_file());
            written += 1;
        }
        if state.entry(exercise).generated.as_deref() != Some(hash(&stub).as_str()) {
            state.change(exercise, |entry| entry.generated = Some(hash(&stub)))?;
        }
    }
    println!("{written} stubs written, {kept} kept, {} exercises", house.exercises().count());
    Ok(())
}

/// Whether a file is a stub generated earlier: the last one made here, or the one that is committed.
fn is_old_stub(house: &House, state: &State, exercise: &Exercise, text: &str) -> bool {
    state.entry(exercise).generated == Some(hash(text))
        || committed(&house.root, &exercise.shown_file()).is_some_and(|old| plain(&old) == text)
}

/// The committed text of a file; None without git.
fn committed(root: &Path, path: &str) -> Option<String> {
    let object = format!("HEAD:./{path}");
    let output = Command::new("git").arg("-C").arg(root).args(["show", &object]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Compares instead of writing, and looks whether every exercise has all its parts.
pub fn check(house: &House) -> Result<()> {
    let mut problems = Vec::new();
    for exercise in house.exercises() {
        for problem in problems_of(exercise) {
            problems.push(format!("{}: {problem}", exercise.key()));
        }
    }
    problems.extend(orphans(&house.root)?);
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    println!("{} exercises: stubs are up to date, no part is missing", house.exercises().count());
    Ok(())
}

/// Parts without an exercise: stubs, checks and fragments with no task, and marked sources that no exercise uses.
fn orphans(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let files = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names.retain(|name| name.ends_with(".rs"));
        names
    };
    let chapters = root.join("chapters");
    let mut folders: Vec<_> = fs::read_dir(&chapters)?.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|folder| folder.join("exercises").is_dir()) {
        let shown = |part: &str, file: &str| {
            format!("{}/{part}/{file}", folder.file_name().unwrap_or_default().to_string_lossy())
        };
        let tasks: Vec<String> = fs::read_dir(folder.join("exercises"))?
            .flatten()
            .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".md")?.to_owned()))
            .collect();
        for part in ["exercises", "checks", "wrong"] {
            for file in files(&folder.join(part)) {
                let stem = file.trim_end_matches(".rs");
                let known =
                    |id: &String| stem == id || (part == "wrong" && stem.starts_with(&format!("{id}_")));
                if !tasks.iter().any(known) {
                    problems.push(format!("{} belongs to no exercises/*.md", shown(part, &file)));
                }
            }
        }
        for file in files(&folder.join("src")) {
            let text = fs::read_to_string(folder.join("src").join(&file)).unwrap_or_default();
            let marked = text.lines().any(|line| line.trim_start().starts_with("// exercise:"));
            let used = |id: &String| id.split_once('_').is_some_and(|(_, name)| format!("{name}.rs") == file);
            if marked && !tasks.iter().any(used) {
                problems.push(format!(
                    "{} has marked regions, but no exercises/*_*.md uses it",
                    shown("src", &file)
                ));
            }
        }
    }
    Ok(problems)
}

/// What is missing or stale.
pub fn problems_of(exercise: &Exercise) -> Vec<String> {
    let mut problems = Vec::new();
    match (exercise.stub(), exercise.text()) {
        (Err(e), _) | (_, Err(e)) => problems.push(format!("{e:#}")),
        (Ok(_), Ok(None)) => problems.push("has no stub: run `cargo learn generate`".to_owned()),
        (Ok(stub), Ok(Some(text))) if stub != text => {
            problems.push("the stub is not what the solution gives: run `cargo learn generate`".to_owned());
        }
        _ => {}
    }
    match exercise.solution() {
        Ok(text) if text.contains("crate::") || text.contains("super::") || text.contains("#[cfg(test)]") => {
            let why = "must compile in the library and in a check, so it names its crate (no crate::, super:: or tests)";
            problems.push(format!("{} {why}", exercise.solution_file().display()));
        }
        _ => {}
    }
    match exercise.task() {
        Err(e) => problems.push(format!("{e:#}")),
        Ok(task) => {
            if task.hints.len() < 3 {
                problems.push(format!("has {} hints, not 3", task.hints.len()));
            }
            if task.text.is_empty() || task.hints.iter().any(String::is_empty) {
                problems.push("has an empty task or hint".to_owned());
            }
        }
    }
    match (exercise.wrongs(), exercise.source()) {
        (Err(e), _) => problems.push(format!("{e:#}")),
        (Ok(wrongs), source) => {
            if wrongs.len() < 2 {
                problems.push(format!("has {} wrong solutions, not 2", wrongs.len()));
            }
            for (name, fragment) in &wrongs {
                if let Some(Err(e)) = source.as_ref().ok().map(|source| source.with(fragment)) {
                    problems.push(format!("{name}: {e}"));
                }
            }
        }
    }
    if !exercise.check_file().is_file() {
        problems.push(format!("has no checks/{}.rs", exercise.id));
    }
    problems.extend(undeclared(exercise));
    problems
}

/// Whether Cargo.toml and lib.rs know the exercise.
fn undeclared(exercise: &Exercise) -> Vec<String> {
    let mut problems = Vec::new();
    let manifest = plain(&fs::read_to_string(exercise.folder().join("Cargo.toml")).unwrap_or_default());
    let name = format!("name = \"{}\"", exercise.check());
    let section = manifest.split("[[test]]").skip(1).find(|section| section.contains(&name));
    let by_name_only =
        section.is_some_and(|s| s.split("\n[").next().is_some_and(|s| s.contains("test = false")));
    if !by_name_only {
        problems.push(format!("Cargo.toml needs [[test]] with {name}, its path and test = false"));
    }
    let library = fs::read_to_string(exercise.folder().join("src/lib.rs")).unwrap_or_default();
    let switch = format!("yours_{}", exercise.name());
    if !library.contains(&switch) || !library.contains(&format!("../yours/{}.rs", exercise.id)) {
        let path = format!("path = \"../yours/{}.rs\"", exercise.id);
        problems.push(format!("lib.rs needs #[cfg_attr({switch}, {path})] at the module"));
    }
    if !library.contains("GRADUS_YOURS") {
        problems.push("lib.rs needs pub const YOURS: &str = env!(\"GRADUS_YOURS\");".to_owned());
    }
    problems
}
