//! Libraries that are compiled already need not be compiled again for the copy that `verify` works on.
//!
//! The copy has a target folder of its own, because cargo would take its crates for ours. What comes from outside the
//! workspace is the same in both, so its compiled files are linked over, and its fingerprints copied with their times,
//! by which cargo knows that they are fresh. Where that does not work, cargo compiles: nothing depends on it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::cargo::Cargo;

/// Links the compiled outside libraries of `from` (a `target/debug`) into `to`, which must not exist yet.
pub fn seed(cargo: &Cargo, from: &Path, to: &Path) {
    let Some(ours) = workspace_crates(cargo) else { return };
    if to.exists() || !from.is_dir() {
        return;
    }
    // One file more or less does no harm: what is missing is compiled.
    let _ = each(&from.join(".fingerprint"), &ours, |path, name| {
        copy_tree(path, &to.join(".fingerprint").join(name))
    });
    let _ = each(&from.join("build"), &ours, |path, name| copy_tree(path, &to.join("build").join(name)));
    let _ = fs::create_dir_all(to.join("deps"));
    let _ = each(&from.join("deps"), &ours, |path, name| {
        let library = name.starts_with("lib") && path.is_file();
        if library { fs::hard_link(path, to.join("deps").join(name)) } else { Ok(()) }
    });
}

/// The names of the workspace's packages and targets, with `_`.
fn workspace_crates(cargo: &Cargo) -> Option<BTreeSet<String>> {
    let output = cargo.output(&["metadata", "--no-deps", "--format-version", "1"]).ok()?;
    let value: Value = serde_json::from_slice(&output.stdout).ok()?;
    let mut names = BTreeSet::new();
    for package in value.get("packages")?.as_array()? {
        let targets = package.get("targets")?.as_array()?;
        for named in targets.iter().chain([package]) {
            names.insert(named.get("name")?.as_str()?.replace('-', "_"));
        }
    }
    Some(names)
}

/// Calls `act` for the entries of a folder, called `NAME-HASH...`, whose name is not one of ours.
fn each(
    folder: &Path,
    ours: &BTreeSet<String>,
    act: impl Fn(&Path, &str) -> io::Result<()>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some((name, _)) = file.rsplit_once('-') else { continue };
        let name = name.replace('-', "_");
        if !ours.contains(&name) && !name.strip_prefix("lib").is_some_and(|name| ours.contains(name)) {
            act(&path, file)?;
        }
    }
    Ok(())
}

/// Copies a file or folder with the times of its files.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        return fs::read_dir(from)?.try_for_each(|entry| {
            let entry = entry?;
            copy_tree(&entry.path(), &to.join(entry.file_name()))
        });
    }
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
}
