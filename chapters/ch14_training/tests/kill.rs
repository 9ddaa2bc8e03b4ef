//! Kills a training process again and again, at random moments, and lets it go on each time: the weights that come out
//! are those of a training that nobody disturbed, bit for bit.
//!
//! The process is this test itself, started again with an environment variable. It writes a checkpoint after every
//! step, so that most moments are in the middle of writing one. The moments are random (the seed is 0), but what a
//! moment hits differs from run to run; what comes out must not.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use ch01_tensors::Rng;
use ch14_training::{RunDir, Settings, temporary};
use common::{adamw, left, model_of, settings, train, trainer_of, valid};

/// Where the process trains. Set only by this test.
const RUN: &str = "GRADUS_TEST_RUN";
/// Kills that must have happened, and those among them that must have left a file half-written.
const KILLS: usize = 30;
const WHILE_WRITING: usize = 5;

fn often() -> Settings {
    Settings { epochs: 6, checkpoint_steps: Some(1), restore_best: true, ..settings() }
}

/// Not a test of its own: what the started process does. Without the variable it does nothing.
#[test]
fn child() {
    let Ok(path) = std::env::var(RUN) else { return };
    let dir = RunDir::create(&path).unwrap();
    let resume = !dir.is_new();
    let mut model = model_of(200);
    match trainer_of(often(), adamw()).fit(&mut model, &train(), &valid(), &dir, resume) {
        Ok(history) => {
            let left = left(&mut model, history, &dir);
            std::fs::write(dir.path().join("left.tmp"), format!("{left:?}")).unwrap();
            std::fs::rename(dir.path().join("left.tmp"), dir.path().join("left")).unwrap();
        }
        Err(error) => {
            // On a full disk this does not succeed either; the panic says it as well.
            let _ = std::fs::write(dir.path().join("error"), error.to_string());
            panic!("{error}");
        }
    }
}

fn start(path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child", "--exact", "--nocapture"])
        .env(RUN, path)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn finish(path: &Path) -> String {
    let status = start(path).status().unwrap();
    let error = std::fs::read_to_string(path.join("error")).unwrap_or_default();
    assert!(status.success(), "the run must be able to go on: {error}");
    std::fs::read_to_string(path.join("left")).unwrap()
}

#[test]
fn killed_at_random_moments() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let whole = finish(&folder.path().join("whole"));
    // From nothing to the end; the moments are spread over a part of it, so that each run is killed a few times.
    let span = began.elapsed();
    let mut rng = Rng::new(0, "kills");
    let (mut kills, mut writing, mut runs) = (0, 0, 0);
    while kills < KILLS || writing < WHILE_WRITING {
        runs += 1;
        assert!(runs < 200, "{kills} kills, {writing} of them while writing, in {runs} runs");
        let path = folder.path().join(format!("{runs}"));
        loop {
            let mut child = start(&path).spawn().unwrap();
            std::thread::sleep(span.mul_f64(0.05 + 0.6 * rng.uniform()));
            child.kill().unwrap();
            if child.wait().unwrap().success() {
                break; // It was done before.
            }
            let error = std::fs::read_to_string(path.join("error"));
            assert!(error.is_err(), "it ended by itself: {error:?}");
            kills += 1;
            let dir = RunDir::open(&path);
            let names = dir.map(|dir| [dir.slots().to_vec(), vec![dir.best(), dir.history()]].concat());
            writing +=
                usize::from(names.is_ok_and(|names| names.iter().any(|name| temporary(name).exists())));
        }
        assert!(finish(&path) == whole, "run {runs}: another result than the undisturbed run's");
    }
    println!("{kills} kills in {runs} runs, {writing} while a file was being written; {:?}", began.elapsed());
}

/// A limit on the size of files is as a full disk: the write is refused half-way.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = finish(&folder.path().join("whole"));
    let size = std::fs::metadata(folder.path().join("whole/checkpoints/a.safetensors")).unwrap().len();
    // In units of 512 bytes: nothing at all; a part of the best weights; a part of a checkpoint.
    for blocks in [0, 2, size / 512 / 2, size / 512 - 1] {
        let path = folder.path().join(format!("{blocks}"));
        let dir = RunDir::create(&path).unwrap();
        let mut command = Command::new("sh");
        // Ignored, the signal becomes an error of the write. `ulimit -f` counts 512 bytes in a POSIX shell.
        let script = r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#;
        command.args(["-c", script, "sh", &blocks.to_string()]).arg(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--nocapture"]).env(RUN, &path);
        let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{blocks} blocks: the limit must be noticed");
        assert!(text.contains("cannot write") && text.contains("File too large"), "{blocks} blocks: {text}");
        let leftovers = dir.slots().map(|path| temporary(&path).exists());
        assert_eq!(leftovers, [false, false], "what was written in part is removed");
        let _ = std::fs::remove_file(path.join("error"));
        assert!(finish(&path) == whole, "{blocks} blocks: another result than the undisturbed run's");
    }
}
