//! What lies in a data folder: which data sets, how large, and whole or not.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::locate::Places;
use crate::{Error, Set, Source, cifar10, imdb, mnist};

/// A few lines for each data set that is looked for in `dir`.
///
/// Everything is read, so that "complete" means that a program can use it.
///
/// # Errors
/// If `dir` is no folder.
pub fn describe(dir: &Path) -> Result<String, Error> {
    let mut text = format!("{}\n", dir.display());
    let places = Places { variable: Some(dir.to_owned()), ..Places::default() };
    for set in Set::ALL {
        let source = match set {
            Set::Mnist => mnist::find_in(&places)?,
            Set::Cifar10 => cifar10::find_in(&places)?,
            Set::Imdb => imdb::find_in(&places)?,
        };
        match source {
            Source::Real(place) => describe_set(&mut text, set, &place),
            Source::Generated { .. } => line(&mut text, set.name(), "not there"),
        }
        for part in unfinished(&dir.join(set.folder())) {
            line(&mut text, "", &format!("{}: a download that can go on", shown(&part)));
        }
    }
    describe_text(&mut text, dir);
    Ok(text)
}

fn line(text: &mut String, name: &str, what: &str) {
    writeln!(text, "  {name:<18}{what}").expect("a string takes every text");
}

fn describe_set(text: &mut String, set: Set, place: &Path) {
    // What is there, what was published.
    let counted = match set {
        Set::Mnist => mnist::load(place)
            .map(|mnist| (vec![mnist.train.len(), mnist.test.len()], vec![60_000, 10_000], "images")),
        Set::Cifar10 => cifar10::load(place)
            .map(|cifar| (vec![cifar.train.len(), cifar.test.len()], vec![50_000, 10_000], "images")),
        Set::Imdb => imdb::load(place).map(|imdb| {
            let counts = vec![imdb.train.len(), imdb.test.len(), imdb.unlabelled.len()];
            (counts, vec![25_000, 25_000, 50_000], "reviews")
        }),
    };
    match counted {
        Ok((found, published, what)) => {
            let words = match found == published {
                true => format!("complete: {} {what}", counts(&found)),
                false => format!("{} {what}, not the published {}", counts(&found), counts(&published)),
            };
            line(text, set.name(), &words);
        }
        Err(error) => {
            line(text, set.name(), "not usable:");
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = cause {
                line(text, "", &error.to_string());
                cause = error.source();
            }
            line(text, "", &format!("hint: {}", error.hint().replace('\n', &format!("\n{:14}", ""))));
        }
    }
    line(text, "", &format!("{}, {}", shown(place), size(bytes_below(place).unwrap_or(0))));
}

/// The text of chapters to come, which has no reader of its own.
fn describe_text(text: &mut String, dir: &Path) {
    let paths = ["tinyshakespeare/input.txt", "input.txt"].map(|below| dir.join(below));
    match paths.iter().find_map(|path| Some((path, fs::metadata(path).ok()?.len()))) {
        Some((path, bytes)) => {
            let published = 1_115_394;
            let words = if bytes == published { "complete" } else { "not the published 1,115,394 bytes" };
            line(text, "Tiny Shakespeare", &format!("{words}: {bytes} bytes"));
            line(text, "", &shown(path));
        }
        None => line(text, "Tiny Shakespeare", "not there"),
    }
}

/// "60,000 + 10,000".
fn counts(counts: &[usize]) -> String {
    let one = |count: &usize| {
        let digits = count.to_string();
        let ends = digits.char_indices().map(|(i, digit)| {
            let comma = i > 0 && (digits.len() - i).is_multiple_of(3);
            format!("{}{digit}", if comma { "," } else { "" })
        });
        ends.collect::<String>()
    };
    counts.iter().map(one).collect::<Vec<_>>().join(" + ")
}

/// "170.1 MB".
pub fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn bytes_below(path: &Path) -> io::Result<u64> {
    let about = path.metadata()?;
    if about.is_file() {
        return Ok(about.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}

/// The beginnings of files that a fetch left behind.
fn unfinished(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut parts: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "part")).collect();
    parts.sort();
    parts
}
