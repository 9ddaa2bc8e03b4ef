//! Checks exercise e02_replace.

#[allow(unused)]
#[path = "../exercises/e02_replace.rs"]
mod replace;
#[path = "../tests/simulated_disk/mod.rs"]
mod simulated_disk;

use std::io;
use std::path::Path;
use std::sync::Mutex;

use ch14_training::{Content, Disk};
use replace::{replace, temporary};
use simulated_disk::every_power_failure;

const PATH: &str = "folder/file";

/// Writes down what it is asked for; the n-th request fails.
struct Recorder {
    fails_at: usize,
    log: Mutex<Vec<String>>,
}

impl Recorder {
    fn new(fails_at: usize) -> Self {
        Recorder { fails_at, log: Mutex::default() }
    }

    fn note(&self, what: &str, path: &Path) -> io::Result<()> {
        let mut log = self.log.lock().unwrap();
        let name = if path == Path::new(PATH) { "file" } else { "temporary" };
        log.push(if what == "sync_folder" { what.to_owned() } else { format!("{what} {name}") });
        match log.len() - 1 == self.fails_at {
            true => Err(io::Error::other("it fails here")),
            false => Ok(()),
        }
    }

    fn log(self) -> Vec<String> {
        self.log.into_inner().unwrap()
    }
}

impl Disk for Recorder {
    fn write(&self, path: &Path, _: &Content<'_>) -> io::Result<()> {
        self.note("write", path)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.note("sync", path)
    }

    fn rename(&self, from: &Path, _: &Path) -> io::Result<()> {
        self.note("rename", from)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.note("sync_folder", path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path)
    }
}

fn run(disk: &Recorder) -> io::Result<()> {
    replace(disk, Path::new(PATH), &|file| file.write_all(b"new"))
}

/// What is wrong with the order of operations, in words.
fn mistake() -> &'static str {
    let disk = Recorder::new(usize::MAX);
    let _ = run(&disk);
    let log = disk.log();
    let at = |what: &str| log.iter().position(|entry| entry == what);
    if at("write file").is_some() {
        return "the file itself was written into";
    }
    match (at("sync temporary"), at("rename temporary"), at("sync_folder")) {
        (_, None, _) => "the new content never got the real name",
        (None, ..) => "the content was not synced",
        (Some(sync), Some(rename), _) if rename < sync => "the content was synced only after the rename",
        (_, _, None) => "the folder was not synced",
        (_, Some(rename), Some(folder)) if folder < rename => "the folder was synced before the rename",
        _ => "the order is right",
    }
}

#[test]
fn whenever_the_power_fails() {
    for outcome in every_power_failure(replace) {
        if let Err(what) = outcome {
            panic!("{}: {what}", mistake());
        }
    }
    let disk = Recorder::new(usize::MAX);
    run(&disk).unwrap();
    assert!(
        !disk.log().iter().any(|entry| entry.starts_with("remove")),
        "nothing failed, but something was removed"
    );
}

#[test]
fn whatever_fails() {
    for fails_at in 0..4 {
        let disk = Recorder::new(fails_at);
        let result = run(&disk);
        let log = disk.log();
        let failed = &log[fails_at];
        let error = result.err().unwrap_or_else(|| panic!("`{failed}` failed, but the error was swallowed"));
        assert_eq!(error.to_string(), "it fails here");
        let after = &log[fails_at + 1..];
        assert!(
            after.iter().all(|entry| entry == "remove temporary"),
            "`{failed}` failed, but it went on with {after:?}"
        );
        assert!(
            !after.is_empty(),
            "`{failed}` failed, and {} was left behind",
            temporary(Path::new(PATH)).display()
        );
    }
}
