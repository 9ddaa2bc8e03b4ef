//! The proof that the exercises work, on a pristine copy of the workspace in `target/learn-verify`: all stubs fail at a
//! `todo!()`, all solutions pass, every wrong solution fails with its message. Then a chapter is taken through
//! `cargo learn use` from end to end.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use ch00_start::file::write_atomic;

use crate::bundle::try_all;
use crate::cargo::{Cargo, Outcome};
use crate::generate::problems_of;
use crate::house::{Chapter, Exercise, House};
use crate::seed::seed;

/// A text for an exercise, and what it must lead to.
pub struct Trial<'a> {
    pub exercise: &'a Exercise,
    /// `stub_e01_linear`, `solution_e01_linear`, `wrong_e01_linear_transposed`: a name for a module.
    pub name: String,
    pub text: String,
    want: Want,
}

enum Want {
    Todo,
    Pass,
    Message(String),
}

/// Proves all exercises, or those of one chapter.
pub fn verify(house: &House, chapter: Option<&str>) -> Result<()> {
    let folder = house.root.join("target").join("learn-verify");
    let copy = copy_workspace(&house.root, &folder.join("copy"))?;
    let cargo = Cargo { root: copy.root.clone(), target: Some(folder.join("target")) };
    seed(&cargo, &house.root.join("target").join("debug"), &folder.join("target").join("debug"));
    let chapters: Vec<&Chapter> = match chapter {
        Some(name) => vec![copy.chapter(name)?],
        None => copy.chapters.iter().collect(),
    };
    let exercises: Vec<&Exercise> = chapters.iter().flat_map(|chapter| &chapter.exercises).collect();
    let mut problems = Vec::new();
    for exercise in &exercises {
        // A reader's own checkout may hold edited files; the copy begins with stubs.
        write(&exercise.file(), &exercise.stub()?)?;
        problems.extend(problems_of(exercise).into_iter().map(|p| format!("{}: {p}", exercise.key())));
    }
    let trials =
        chapters.iter().map(|&chapter| Ok((chapter, trials(chapter)?))).collect::<Result<Vec<_>>>()?;
    println!("{} texts", trials.iter().map(|(_, trials)| trials.len()).sum::<usize>());
    let outcomes = try_all(&cargo, &trials)?;
    for ((chapter, trials), outcomes) in trials.iter().zip(outcomes) {
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(errors) => {
                println!("{}: one by one, since together they do not compile\n{errors}", chapter.package);
                trials.iter().map(|trial| try_alone(&cargo, trial)).collect::<Result<_>>()?
            }
        };
        let found = trials.iter().zip(&outcomes).filter_map(|(trial, outcome)| problem(trial, outcome));
        problems.extend(found);
    }
    if let (Some(last), true) = (chapters.last(), problems.is_empty()) {
        println!("{}: the way of a reader from end to end", last.package);
        EndToEnd { chapter: last, cargo: &cargo }.run().with_context(|| last.package.clone())?;
    }
    if !problems.is_empty() {
        bail!("{} problems:\n\n{}", problems.len(), problems.join("\n\n"));
    }
    println!("{} exercises are as they should be", exercises.len());
    Ok(())
}

/// Every text that has to be tried in a chapter.
fn trials(chapter: &Chapter) -> Result<Vec<Trial<'_>>> {
    let mut trials = Vec::new();
    for exercise in &chapter.exercises {
        let source = exercise.source()?;
        let mut add = |name: String, text, want| trials.push(Trial { exercise, name, text, want });
        add(format!("stub_{}", exercise.id), source.stub(), Want::Todo);
        add(format!("solution_{}", exercise.id), exercise.solution()?, Want::Pass);
        for (wrong, fragment) in exercise.wrongs()? {
            let text = source.with(&fragment).with_context(|| wrong.clone())?;
            add(format!("wrong_{wrong}"), text, Want::Message(fragment.expect));
        }
    }
    Ok(trials)
}

/// Tries one text as a reader does: in the exercise's file.
fn try_alone(cargo: &Cargo, Trial { exercise, text, .. }: &Trial) -> Result<Outcome> {
    write(&exercise.file(), text)?;
    let outcome = cargo.check(&[exercise])?.remove(0);
    write(&exercise.file(), &exercise.stub()?)?;
    Ok(outcome)
}

/// None when the outcome is the wanted one.
fn problem(Trial { exercise, name, want, .. }: &Trial, outcome: &Outcome) -> Option<String> {
    let shown = outcome.message().unwrap_or_else(|| "it passes".to_owned());
    let key = exercise.key();
    match want {
        Want::Todo => {
            let stops = matches!(outcome, Outcome::Failed(failures) if failures.iter().any(|f| f.is_todo()));
            (!stops).then(|| format!("{key}: the stub should stop at a todo!(), but: {shown}"))
        }
        Want::Pass => {
            (*outcome != Outcome::Passed).then(|| format!("{key}: the solution should pass, but: {shown}"))
        }
        Want::Message(expect) => {
            let named = *outcome != Outcome::Passed && shown.contains(expect.as_str());
            (!named).then(|| format!("{key}: {name} should fail with '{expect}', but: {shown}"))
        }
    }
}

/// Brings the copy up to date with what git knows or would add. Files that are the same keep their times, so that a
/// second run compiles little.
fn copy_workspace(root: &Path, copy: &Path) -> Result<House> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("`verify` needs git")?;
    ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut wanted = BTreeSet::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        if !from.is_file() {
            continue; // deleted, and not yet committed
        }
        let bytes = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            write_atomic(&to, &bytes).with_context(|| format!("cannot write {}", to.display()))?;
        }
        wanted.insert(to);
    }
    remove_others(copy, &wanted)?;
    House::open(copy)
}

/// Removes every file that is not wanted.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write_atomic(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// A reader solves all exercises of a chapter but the last, makes a mistake, makes a typo, and goes back.
struct EndToEnd<'a> {
    chapter: &'a Chapter,
    cargo: &'a Cargo,
}

impl EndToEnd<'_> {
    fn run(&self) -> Result<()> {
        let (solved, open) = match self.chapter.exercises.split_last() {
            Some((last, rest)) if !rest.is_empty() => (rest, Some(last)),
            _ => (&self.chapter.exercises[..], None),
        };
        let number = self.chapter.number();
        // The library runs on the reader's pieces, and on ours where nothing is solved.
        for exercise in solved {
            write(&exercise.file(), &(exercise.solution()? + "\n// Written by the reader.\n"))?;
        }
        let printed = self.learn(&["use", number], true)?;
        for exercise in solved {
            ensure!(
                printed.contains(&format!("{}: yours", exercise.id)),
                "{} is not listed:\n{printed}",
                exercise.id
            );
        }
        if let Some(open) = open {
            ensure!(
                printed.contains(&format!("{}: ours (untouched)", open.id)),
                "ours is not listed:\n{printed}"
            );
        }
        self.prove_use(solved)?;
        // A piece with a mistake is refused by name and message, and what was installed stays.
        let first = &solved[0];
        let before = fs::read(first.installed_file())?;
        ensure!(before == fs::read(first.file())?, "the snapshot is not the reader's file");
        let wrongs = first.wrongs()?;
        let (_, fragment) = wrongs.first().context("no wrong solution")?;
        write(&first.file(), &first.source()?.with(fragment)?)?;
        let printed = self.learn(&["use", number], false)?;
        let named = printed.contains(&first.short()) && printed.contains(&fragment.expect);
        ensure!(named && printed.contains("nothing was installed"), "the mistake is not named:\n{printed}");
        ensure!(fs::read(first.installed_file())? == before, "a refused piece was installed");
        // A type error in the reader's file is the reader's alone: the chapter's tests still build.
        write(&first.file(), &(first.stub()? + "\npub fn typo() -> u32 {\n    \"text\"\n}\n"))?;
        self.cargo(
            &["test", "--package", &self.chapter.package, "--no-run"],
            "a reader's typo breaks the chapter",
        )?;
        let printed = self.learn(&["run", &first.short()], false)?;
        ensure!(printed.contains("E0308"), "the compiler's error is not shown:\n{printed}");
        // And back.
        self.learn(&["use", number, "--off"], true)?;
        let left: Vec<_> = self.chapter.exercises.iter().filter(|e| e.installed_file().exists()).collect();
        ensure!(left.is_empty(), "snapshots are left after --off");
        self.chapter.exercises.iter().try_for_each(|exercise| write(&exercise.file(), &exercise.stub()?))
    }

    /// The library says that it runs on these pieces, and it does: with a compiler error in each snapshot, all of these
    /// errors appear.
    fn prove_use(&self, solved: &[Exercise]) -> Result<()> {
        let package = self.chapter.package.as_str();
        let mut names: Vec<&str> = solved.iter().map(Exercise::name).collect();
        names.sort_unstable();
        let yours = names.join(",");
        let test =
            format!("#[test]\nfn the_pieces() {{\n    assert_eq!({package}::YOURS, \"{yours}\");\n}}\n");
        let probe = self.chapter.folder.join("tests").join("zz_reader.rs");
        write(&probe, &test)?;
        let said = self
            .cargo(&["test", "--package", package, "--test", "zz_reader"], "YOURS is not the list of pieces");
        fs::remove_file(&probe)?;
        said?;
        self.prove_examples(&yours)?;
        let mark = |exercise: &Exercise| format!("the library compiles {}", exercise.id);
        for exercise in solved {
            write(&exercise.installed_file(), &format!("compile_error!(\"{}\");\n", mark(exercise)))?;
        }
        let errors =
            self.cargo.compile_errors(&["check", "--lib", "--package", package])?.unwrap_or_default();
        for exercise in solved {
            ensure!(
                errors.contains(&mark(exercise)),
                "the library does not use yours/{}.rs:\n{errors}",
                exercise.id
            );
            write(&exercise.installed_file(), &fs::read_to_string(exercise.file())?)?;
        }
        Ok(())
    }

    /// Every example of the chapter that says on whose code it runs names these pieces, and then goes on.
    fn prove_examples(&self, yours: &str) -> Result<()> {
        let Ok(entries) = fs::read_dir(self.chapter.folder.join("examples")) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            let says =
                path.extension().is_some_and(|e| e == "rs") && fs::read_to_string(&path)?.contains("::YOURS");
            let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| says) else {
                continue;
            };
            let program = self.cargo.build_example(&self.chapter.package, name)?;
            let mut example = Command::new(program)
                .current_dir(&self.cargo.root)
                .env("CARGO_MANIFEST_DIR", &self.chapter.folder)
                .stdout(Stdio::piped())
                .spawn()
                .with_context(|| format!("cannot start the example {name}"))?;
            let stdout = example.stdout.take().context("no output")?;
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            let said = lines.by_ref().take(20).any(|line| line.contains(yours));
            let went_on = lines.take(3).count(); // a line or two about data, and what the work brings
            example.kill()?; // it need not train to the end
            example.wait()?;
            ensure!(said, "the example {name} does not say that it runs on {yours}");
            ensure!(went_on == 3, "the example {name} stops after {went_on} lines");
            println!("  the example {name} runs on {yours}");
        }
        Ok(())
    }

    /// Calls this program for the copy; gives what it printed.
    fn learn(&self, arguments: &[&str], success: bool) -> Result<String> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).current_dir(&self.cargo.root).env("CARGO_MANIFEST_DIR", &self.chapter.folder);
        if let Some(target) = &self.cargo.target {
            command.env("CARGO_TARGET_DIR", target);
        }
        let output = command.output().context("cannot start this program again")?;
        let printed = both(&output);
        let words = arguments.join(" ");
        ensure!(
            output.status.success() == success,
            "`cargo learn {words}` ended with {}:\n{printed}",
            output.status
        );
        Ok(printed)
    }

    fn cargo(&self, arguments: &[&str], otherwise: &str) -> Result<()> {
        let output = self.cargo.output(arguments)?;
        ensure!(output.status.success(), "{otherwise}:\n{}", both(&output));
        Ok(())
    }
}

fn both(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
