//! `info DIR` shows what lies in a data folder, `fetch NAME` gets it from its official address.
//!
//! ```text
//! cargo run --release -p datasets -- info [DIR]
//! cargo run --release -p datasets --features fetch -- fetch NAME [--dir DIR]
//! ```

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use datasets::info;
use datasets::locate::Places;

const HELP: &str = "\
The data sets of the book.

  info [DIR]               what lies in a data folder, and whether it is complete
  fetch NAME [--dir DIR]   get mnist, cifar10, imdb or tinyshakespeare from the official address

DIR is the folder that GRADUS_DATA names if none is given, else the user's cache folder.";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os().skip(1).map(|text| text.to_string_lossy().into()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        ["info"] => places().and_then(|dirs| dirs.iter().try_for_each(|dir| show(dir))),
        ["info", dir] => show(Path::new(dir)),
        ["fetch", name] => {
            places().and_then(|dirs| fetch(name, dirs.first().expect("`places` gives one at least")))
        }
        ["fetch", name, "--dir", dir] | ["fetch", "--dir", dir, name] => fetch(name, Path::new(dir)),
        _ => Err(format!("error: unknown arguments: {}\n\n{HELP}", arguments.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// The folders where programs look, in that order.
fn places() -> Result<Vec<PathBuf>, String> {
    let Places { variable, cache, .. } = Places::of_this_user(None);
    let dirs: Vec<PathBuf> = variable.into_iter().chain(cache).collect();
    if dirs.is_empty() {
        return Err("error: no folder is known\nhint: name one, or set GRADUS_DATA".into());
    }
    Ok(dirs)
}

fn show(dir: &Path) -> Result<(), String> {
    // A cache folder that was never used is no error.
    if !dir.exists() {
        println!("{}\n  (there is no such folder)", dir.display());
        return Ok(());
    }
    print!("{}", info::describe(dir).map_err(|error| explain(&error, error.hint()))?);
    Ok(())
}

/// The chain of causes and what to do.
fn explain(error: &dyn std::error::Error, hint: String) -> String {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("\n  because: {error}");
        cause = error.source();
    }
    text + "\nhint: " + &hint
}

#[cfg(not(feature = "fetch"))]
fn fetch(name: &str, _dir: &Path) -> Result<(), String> {
    Err(format!(
        "error: this build cannot fetch: network code is left out so that a first build stays short\n\
         hint: cargo run --release -p datasets --features fetch -- fetch {name}"
    ))
}

#[cfg(feature = "fetch")]
fn fetch(name: &str, dir: &Path) -> Result<(), String> {
    use datasets::fetch::{Event, FetchError, Limits, NAMES, fetch, recipe};
    use indicatif::{ProgressBar, ProgressStyle};

    let Some(recipe) = recipe(name) else {
        let error = FetchError::Unknown { name: name.into(), known: NAMES.join(", ") };
        return Err(explain(&error, error.hint()));
    };
    let bar = ProgressBar::no_length();
    let style = |template| ProgressStyle::with_template(template).expect("a valid template");
    let bytes = style("{msg:32} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    let files = style("{msg:32} {spinner} {pos} files");
    let mut current = String::new();
    let mut watch = |event: Event| match event {
        Event::There => println!("It is there already."),
        Event::Download { name, have, bytes: total } => {
            if current != name {
                // Without a terminal there is no bar, but one should know what goes on.
                println!("{name}: {} of {}", info::size(have), info::size(total));
                current = name.to_owned();
                bar.set_style(bytes.clone());
                bar.set_length(total);
                bar.set_message(name.to_owned());
                bar.set_position(have);
                bar.reset_eta();
            }
            bar.set_position(have);
        }
        Event::Again { why, pause } => bar.suspend(|| println!("{why}; again in {} s", pause.as_secs_f64())),
        Event::Verify { name } => bar.suspend(|| println!("{name}: checking")),
        Event::Unpack { files: count } => {
            if count == 1 {
                bar.suspend(|| println!("unpacking"));
                bar.set_style(files.clone());
                bar.set_message("unpacking");
            }
            bar.set_position(count);
        }
    };
    let place = fetch(&recipe, dir, &Limits::default(), &mut watch);
    bar.finish_and_clear();
    let place = place.map_err(|error| explain(&error, error.hint()))?;
    println!("{}", place.display());
    Ok(())
}
