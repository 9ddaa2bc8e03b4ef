//! The builder of the book: `cargo book` turns `book/src` into HTML pages under `book/book`.
//!
//! mdBook renders Markdown; this crate does what the pages need besides, in the same process and without any other
//! program or JavaScript:
//!
//! - [`expand`]: the directives of a page: code by anchors from the real sources, recorded numbers, exercises.
//! - [`math`]: `$...$` and `$$...$$` become MathML.
//! - [`check`]: the checks: dead links, loads from other hosts, leftovers, files that no page uses.
//! - [`names`]: the map from numpy and PyTorch names only what the sources hold.
//! - `builder` (feature `build`): reads the book, expands every page, lets mdBook render it, runs the checks.
//!
//! Whatever cannot be resolved is a [`Fault`], and a book with one fault is not built. Everything except the builder
//! works without mdBook, so most of it is tested by a plain `cargo test`.
//!
//! Left out on purpose: other output formats, a server that reloads the page, syntax of mdBook that breaks silently
//! (line numbers in includes, hidden lines, the playground).

pub mod check;
pub mod exercises;
pub mod expand;
pub mod html;
pub mod include;
pub mod math;
pub mod names;
pub mod results;

#[cfg(feature = "build")]
pub mod builder;

use std::path::{Path, PathBuf};

/// One thing that is wrong with the book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// The file, relative to the repository, and the line where it is known.
    pub place: String,
    /// What is wrong there and, where it is not obvious, how to put it right.
    pub what: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Fault { place: place.into(), what: what.into() }
    }
}

/// The folders of the repository that the book is made from.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The repository in the given folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Repo { root: root.into() }
    }

    /// The repository that this crate was compiled in.
    pub fn here() -> Self {
        let book = Path::new(env!("CARGO_MANIFEST_DIR"));
        Repo::at(book.parent().expect("the book lies in the repository"))
    }

    /// The top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with `book.toml`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The Markdown pages.
    pub fn pages(&self) -> PathBuf {
        self.root.join("book/src")
    }

    /// The recorded numbers, one JSON file for each recorded experiment.
    pub fn results(&self) -> PathBuf {
        self.root.join("book/results")
    }

    /// The figures that the experiments drew.
    pub fn figures(&self) -> PathBuf {
        self.root.join("book/figures")
    }

    /// The chapters' packages.
    pub fn chapters(&self) -> PathBuf {
        self.root.join("chapters")
    }

    /// A path as it is shown in messages: relative to the repository, with forward slashes.
    pub fn show(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.to_string_lossy().replace('\\', "/")
    }
}

/// The files below a folder with their paths, sorted; none if there is no such folder.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
