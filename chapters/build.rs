//! The build script that every chapter with exercises shares.
//!
//! `cargo learn use chNN` copies what a reader has solved into `chNN_name/yours/`. For each file found there
//! (`e03_linear.rs`) this script sets the cfg `yours_linear`, and `lib.rs` then compiles that file in place of ours.
//! The environment variable `GRADUS_YOURS` lists the pieces (`linear,relu`; empty when there is none), so that a
//! program can say on whose code it runs.

use std::fs;

fn main() {
    println!("cargo::rerun-if-changed=../build.rs");
    // `exercises` and `yours` are committed folders, so they always exist: a missing path here would make
    // cargo rebuild the chapter every time.
    println!("cargo::rerun-if-changed=exercises");
    println!("cargo::rerun-if-changed=yours");
    for name in pieces("exercises") {
        println!("cargo::rustc-check-cfg=cfg(yours_{name})");
    }
    let yours = pieces("yours");
    for name in &yours {
        println!("cargo::rustc-cfg=yours_{name}");
    }
    println!("cargo::rustc-env=GRADUS_YOURS={}", yours.join(","));
}

/// The names of the exercises in a folder: `e03_linear.rs` gives `linear`.
fn pieces(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.expect("a readable folder entry").file_name().into_string().ok())
        .filter_map(|file| Some(file.strip_suffix(".rs")?.split_once('_')?.1.to_owned()))
        .collect();
    names.sort();
    names
}
