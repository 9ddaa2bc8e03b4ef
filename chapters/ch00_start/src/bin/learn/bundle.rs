//! All texts of a chapter's exercises in one program: the check of every stub, solution and mistake is a module of it.
//! What they share, the arithmetic of the chapters before, is then compiled once, not once for each text.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::cargo::{Cargo, Outcome, run};
use crate::house::Chapter;
use crate::verify::Trial;

/// The name of the test program.
const PROGRAM: &str = "all_texts";

/// Tries the texts of each chapter; the compiler's errors where together they do not compile.
pub fn try_all(
    cargo: &Cargo,
    chapters: &[(&Chapter, Vec<Trial>)],
) -> Result<Vec<Result<Vec<Outcome>, String>>> {
    let mut written = Vec::new();
    for (chapter, trials) in chapters {
        write(chapter, trials, &mut written).with_context(|| chapter.package.clone())?;
    }
    let packages: Vec<&str> = chapters.iter().map(|(chapter, _)| chapter.package.as_str()).collect();
    let programs = cargo.build_tests(&packages, PROGRAM)?;
    // They are no part of what a chapter's own tests compile.
    for path in written {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let run = |(trials, program): (&[Trial], Result<PathBuf, String>)| match program {
        Ok(program) => run_each(&program, trials).map(Ok),
        Err(errors) => Ok(Err(errors)),
    };
    chapters.iter().map(|(_, trials)| trials.as_slice()).zip(programs).map(run).collect()
}

/// Each text lies in a file of its own, with a check beside the chapter's checks that uses this file.
fn write(chapter: &Chapter, trials: &[Trial], written: &mut Vec<PathBuf>) -> Result<()> {
    let mut add = |folder: &str, name: &str, text: &str| -> Result<()> {
        let path = chapter.folder.join(folder).join(format!("{name}.rs"));
        fs::create_dir_all(chapter.folder.join(folder))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
        Ok(())
    };
    let mut main = String::new();
    for Trial { exercise, name, text, .. } in trials {
        let check = fs::read_to_string(exercise.check_file())?;
        let reader = format!("\"../exercises/{}.rs\"", exercise.id);
        ensure!(check.contains(&reader), "the check of {} does not compile {reader}", exercise.id);
        add("checks", name, &check.replace(&reader, &format!("\"../texts/{name}.rs\"")))?;
        add("texts", name, text)?;
        writeln!(main, "#[path = \"../checks/{name}.rs\"]\nmod {name};")?;
    }
    add("tests", PROGRAM, &main)
}

/// Runs the tests of each text in a process of its own, as many at a time as there are processors.
fn run_each(program: &Path, trials: &[Trial]) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = || trials.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(mine)
            .map(|trial| Ok((trial.name.as_str(), run(program, trial.exercise.folder(), Some(&trial.name))?)))
            .collect::<Result<Vec<_>>>()
    };
    let mut outcomes = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker does not panic"))
            .collect::<Result<Vec<_>>>()
    })?
    .concat();
    let place = |name: &str| trials.iter().position(|trial| trial.name == name);
    outcomes.sort_by_key(|(name, _)| place(name));
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}
