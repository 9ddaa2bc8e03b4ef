//! Building and running checks: cargo builds any number of them in one go, then each program runs by itself.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::house::Exercise;

/// A check that takes longer than this is in an endless loop.
const PATIENCE: Duration = Duration::from_secs(120);

/// How cargo is called.
#[derive(Debug, Clone)]
pub struct Cargo {
    pub root: PathBuf,
    /// Another folder for what is built.
    pub target: Option<PathBuf>,
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Passed,
    /// The compiler's errors.
    DoesNotCompile(String),
    /// The tests that failed, at least one.
    Failed(Vec<Failure>),
    /// The program died or did not end; what is known of it.
    Crashed(String),
}

/// One failed test.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub test: String,
    /// Where it panicked: file, line, column.
    pub place: String,
    pub message: String,
}

impl Failure {
    /// Whether it stopped at a `todo!()`.
    pub fn is_todo(&self) -> bool {
        self.message.starts_with("not yet implemented")
    }

    /// The message, with the line of the reader's file when it stopped there.
    pub fn text(&self) -> String {
        let place = self.place.replace('\\', "/");
        let line = place.split_once("exercises/").map(|(_, place)| place.trim_end_matches(':').to_owned());
        match (self.is_todo(), line) {
            (true, Some(line)) => format!("not written yet: `todo!()` in exercises/{line}"),
            (true, None) => format!("not written yet: `todo!()` ({})", self.place),
            (false, Some(line)) => format!("{} (in exercises/{line})", self.message),
            (false, None) => self.message.clone(),
        }
    }
}

impl Outcome {
    /// What the reader should see of it; None when it passed.
    pub fn message(&self) -> Option<String> {
        match self {
            Outcome::Passed => None,
            Outcome::DoesNotCompile(errors) => Some(errors.trim_end().to_owned()),
            Outcome::Crashed(what) => Some(what.clone()),
            Outcome::Failed(failures) => {
                // A mistake says more than a part that is not written.
                let mistakes: Vec<&Failure> = failures.iter().filter(|f| !f.is_todo()).collect();
                let shown = if mistakes.is_empty() { vec![&failures[0]] } else { mistakes };
                let lines = shown.iter().take(3).map(|f| format!("{}: {}", f.test, f.text()));
                let mut text = lines.collect::<Vec<_>>().join("\n");
                let others = failures.len() - shown.len().min(3);
                if others > 0 {
                    text += &format!("\n(and {others} more of its tests)");
                }
                Some(text)
            }
        }
    }
}

impl Cargo {
    pub fn command(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
        if let Some(target) = &self.target {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    }

    /// Runs cargo and gives back what it printed, whether it succeeded or not.
    pub fn output(&self, arguments: &[&str]) -> Result<Output> {
        self.command().args(arguments).output().context("cannot start cargo")
    }

    /// Compiles without running; Some(errors) when that fails.
    pub fn compile_errors(&self, arguments: &[&str]) -> Result<Option<String>> {
        let output = self.output(&[arguments, &["--message-format=json"]].concat())?;
        if output.status.success() {
            return Ok(None);
        }
        let errors: String = messages(&output.stdout).filter_map(|m| error_of(&m)).collect();
        Ok(Some(if errors.is_empty() {
            String::from_utf8_lossy(&output.stderr).into_owned()
        } else {
            errors
        }))
    }

    /// Builds an example; gives its program.
    pub fn build_example(&self, package: &str, name: &str) -> Result<PathBuf> {
        let output =
            self.output(&["build", "--package", package, "--example", name, "--message-format=json"])?;
        let is_it = |m: &Value| m.get("target").is_some_and(|target| text(target, "name") == name);
        let program = messages(&output.stdout)
            .filter(is_it)
            .find_map(|m| m.get("executable").and_then(Value::as_str).map(PathBuf::from));
        program.with_context(|| {
            let errors: String = messages(&output.stdout).filter_map(|m| error_of(&m)).collect();
            format!("the example {name} does not compile:\n{errors}{}", cargo_errors(&output.stderr))
        })
    }

    /// Builds the test of this name in each package; gives its programs, or the compiler's errors.
    pub fn build_tests(&self, packages: &[&str], name: &str) -> Result<Vec<Result<PathBuf, String>>> {
        let mut arguments = vec!["build", "--keep-going", "--message-format=json", "--test", name];
        packages.iter().for_each(|package| arguments.extend(["--package", package]));
        let output = self.output(&arguments)?;
        let messages: Vec<Value> = messages(&output.stdout).collect();
        let program = |package: &&str| {
            let own = || messages.iter().filter(|m| is_target(m, package, name));
            let program = own().filter_map(|m| m.get("executable")?.as_str()).map(PathBuf::from).next();
            program.ok_or_else(|| {
                own().find_map(error_of).unwrap_or_else(|| cargo_errors(&output.stderr)).trim_end().to_owned()
            })
        };
        Ok(packages.iter().map(program).collect())
    }

    /// Builds and runs the checks of all these exercises.
    pub fn check(&self, exercises: &[&Exercise]) -> Result<Vec<Outcome>> {
        if exercises.is_empty() {
            return Ok(vec![]);
        }
        let mut command = self.command();
        command.args(["build", "--keep-going", "--message-format=json"]);
        let mut packages: Vec<&str> = exercises.iter().map(|e| e.package.as_str()).collect();
        packages.dedup();
        for package in packages {
            command.args(["--package", package]);
        }
        for exercise in exercises {
            command.args(["--test", &exercise.check()]);
        }
        let (done, is_done) = mpsc::channel::<()>();
        let for_reader = self.target.is_none();
        let note = thread::spawn(move || {
            if for_reader
                && is_done.recv_timeout(Duration::from_secs(4)) == Err(mpsc::RecvTimeoutError::Timeout)
            {
                eprintln!("(cargo is compiling; the first time in a chapter this takes a minute or more)");
            }
        });
        let output = command.output();
        drop(done);
        let _ = note.join();
        let output = output.context("cannot start cargo")?;
        let messages: Vec<Value> = messages(&output.stdout).collect();
        exercises.iter().map(|exercise| self.run_check(exercise, &messages, &output)).collect()
    }

    fn run_check(&self, exercise: &Exercise, messages: &[Value], output: &Output) -> Result<Outcome> {
        let check = exercise.check();
        let own = |m: &&Value| is_target(m, &exercise.package, &check);
        let program = messages.iter().filter(own).find_map(|m| m.get("executable")?.as_str());
        if let Some(program) = program {
            return run(Path::new(program), exercise.folder(), None);
        }
        let errors: String = messages.iter().filter(own).filter_map(error_of).collect();
        if !errors.is_empty() {
            return Ok(Outcome::DoesNotCompile(errors));
        }
        let all: String = messages.iter().filter_map(error_of).collect();
        if all.is_empty() {
            bail!("cargo cannot build the check of {}:\n{}", exercise.short(), cargo_errors(&output.stderr));
        }
        if all.replace('\\', "/").contains("/yours/") {
            let chapter = exercise.package.split('_').next().unwrap_or_default();
            bail!(
                "the library does not compile with the code installed in it:\n{all}\n`cargo learn use {chapter} --off` \
                 goes back to ours"
            );
        }
        bail!("the library does not compile:\n{all}");
    }
}

/// Whether a message is about this target of this package.
fn is_target(message: &Value, package: &str, name: &str) -> bool {
    let manifest = Path::new(package).join("Cargo.toml");
    Path::new(text(message, "manifest_path")).ends_with(manifest)
        && message.get("target").is_some_and(|target| text(target, "name") == name)
}

/// Runs the program of a check, or only the tests of one module of it, in the chapter's folder, as cargo does.
pub fn run(program: &Path, folder: &Path, module: Option<&str>) -> Result<Outcome> {
    let prefix = module.map(|module| format!("{module}::")).unwrap_or_default();
    let mut child = Command::new(program)
        .args(module.map(|_| &prefix))
        .current_dir(folder)
        .env("CARGO_MANIFEST_DIR", folder)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            let seconds = PATIENCE.as_secs();
            return Ok(Outcome::Crashed(format!(
                "did not end within {seconds} seconds: is there an endless loop?"
            )));
        }
        thread::sleep(Duration::from_millis(5));
    };
    let (stdout, stderr) = (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default());
    if status.success() {
        return Ok(Outcome::Passed);
    }
    let mut failures = failures(&stdout);
    for failure in &mut failures {
        failure.test = failure.test.replacen(&prefix, "", 1);
    }
    if failures.is_empty() {
        let last: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = last[last.len().saturating_sub(3)..].join("\n");
        return Ok(Outcome::Crashed(format!("the check died ({status})\n{last}").trim_end().to_owned()));
    }
    Ok(Outcome::Failed(failures))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Reads the failed tests out of what a test program printed.
fn failures(stdout: &str) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut test: Option<String> = None;
    let mut in_message = false;
    for line in stdout.lines() {
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            (test, in_message) = (Some(name.to_owned()), false);
        } else if line == "failures:" || line.starts_with("note: run with `RUST_BACKTRACE") {
            in_message = false;
        } else if let (Some(name), Some((_, place))) = (&test, line.split_once(" panicked at ")) {
            if line.starts_with("thread '") {
                let place = place.trim_end_matches(':').to_owned();
                failures.push(Failure { test: name.clone(), place, message: String::new() });
                // Only the first panic of a test counts.
                (test, in_message) = (None, true);
            }
        } else if in_message && let Some(last) = failures.last_mut() {
            if !last.message.is_empty() {
                last.message.push('\n');
            }
            last.message.push_str(line);
        }
    }
    failures.iter_mut().for_each(|f| f.message.truncate(f.message.trim_end().len()));
    failures
}

/// Cargo's JSON messages.
fn messages(stdout: &[u8]) -> impl Iterator<Item = Value> {
    let text = String::from_utf8_lossy(stdout).into_owned();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Value>>().into_iter()
}

/// The compiler's text of a message that is an error.
fn error_of(message: &Value) -> Option<String> {
    let inner = message.get("message")?;
    let is_error = text(message, "reason") == "compiler-message" && text(inner, "level").starts_with("error");
    let rendered = text(inner, "rendered");
    // The reader's file is called by the way from the check to it.
    let rendered = rendered.replace("checks/../", "").replace(r"checks\../", "");
    // The last line, "aborting due to ...", says nothing.
    (is_error && !rendered.starts_with("error: aborting due to"))
        .then(|| format!("{}\n\n", rendered.trim_end()))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Cargo's own words, without its progress.
fn cargo_errors(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let start = text.find("error").unwrap_or(0);
    text[start..].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
running 3 tests
test fine ... ok
test bias ... FAILED
test weight ... FAILED

failures:

---- bias stdout ----
printed by the reader

thread 'bias' (77) panicked at chapters/ch05_backprop/checks/e01_linear.rs:12:5:
backward: gradient of the bias: summed over features
instead of the batch
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- weight stdout ----

thread 'weight' panicked at chapters/ch05_backprop/checks/../exercises/e01_linear.rs:7:9:
not yet implemented


failures:
    bias
    weight

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn failed_tests_are_read() {
        let failures = failures(PRINTED);
        assert_eq!(failures.len(), 2);
        assert_eq!(
            failures[0].message,
            "backward: gradient of the bias: summed over features\ninstead of the batch"
        );
        assert_eq!(failures[1].text(), "not written yet: `todo!()` in exercises/e01_linear.rs:7:9");
        let message = Outcome::Failed(failures).message().unwrap();
        assert!(message.starts_with("bias: backward: gradient of the bias"), "{message}");
        assert!(message.ends_with("(and 1 more of its tests)"), "{message}");
    }

    #[test]
    fn a_crash_leaves_no_failures() {
        assert!(failures("running 1 test\n").is_empty());
        assert!(failures("thread 'x' panicked at somewhere\n").is_empty());
    }

    #[test]
    fn errors_are_told_from_warnings() {
        let message = |level: &str, text: &str| serde_json::json!({"reason": "compiler-message", "message": {"level": level, "rendered": text}});
        assert_eq!(error_of(&message("error", "error: no\n")).as_deref(), Some("error: no\n\n"));
        assert_eq!(error_of(&message("warning", "unused")), None);
        assert_eq!(error_of(&message("error", "error: aborting due to 1 previous error")), None);
        assert_eq!(messages(b"{\"reason\": \"x\"}\nnot json\n").count(), 1);
    }
}
