//! The command: what it says about a folder, and how it refuses.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::folder;
use datasets::cifar10::Cifar10;
use datasets::{cifar10, digits, imdb, mnist, reviews, shapes};

/// Runs the command; whether it succeeded, and what it said.
fn run(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_datasets"))
        .args(arguments)
        .env_remove("GRADUS_DATA")
        .env("XDG_CACHE_HOME", "/nowhere")
        .output()
        .expect("run");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into())
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn info_says_what_is_there_and_what_is_missing() {
    let dir = folder();
    let (done, said) = run(&["info", utf8(dir.path())]);
    assert!(done && said.matches("not there").count() == 4, "{said}");

    mnist::save(&dir.path().join("mnist"), &digits::generate(0, 3, 2)).expect("written");
    let shapes = Cifar10 { class_names: cifar10::CLASS_NAMES, ..shapes::generate(0, 10, 2) };
    cifar10::save(&dir.path().join("cifar10/cifar-10-batches-bin"), &shapes).expect("written");
    imdb::save(&dir.path().join("aclImdb"), &reviews::generate(0, 4, 2)).expect("written");
    fs::create_dir(dir.path().join("imdb")).expect("made");
    fs::write(dir.path().join("imdb/aclImdb_v1.tar.gz.part"), "").expect("written");
    let (done, said) = run(&["info", utf8(dir.path())]);
    assert!(done, "{said}");
    assert!(said.contains("3 + 2 images, not the published 60,000 + 10,000"), "{said}");
    assert!(said.contains("10 + 2 images, not the published 50,000 + 10,000"), "{said}");
    // Without a verdict there are none, which is a missing part.
    assert!(said.contains("not usable") && said.contains("train/unsup") && said.contains("hint:"), "{said}");
    assert!(said.contains("aclImdb_v1.tar.gz.part: a download"), "{said}");

    fs::remove_file(dir.path().join("cifar10/cifar-10-batches-bin/test_batch.bin")).expect("removed");
    let (done, said) = run(&["info", utf8(dir.path())]);
    assert!(done && said.contains("expected test_batch.bin there"), "{said}");
}

#[test]
fn what_it_does_not_understand() {
    let (done, said) = run(&[]);
    assert!(done && said.contains("fetch NAME"), "{said}");
    let (done, said) = run(&["frobnicate"]);
    assert!(!done && said.contains("frobnicate") && said.contains("info [DIR]"), "{said}");
    let dir = folder();
    let file = dir.path().join("file");
    fs::write(&file, "").expect("written");
    let (done, said) = run(&["info", utf8(&file)]);
    assert!(!done && said.contains("hint:"), "{said}");
    let (done, said) = run(&["fetch", "photographs", "--dir", utf8(dir.path())]);
    assert!(!done, "{said}");
    if cfg!(feature = "fetch") {
        assert!(said.contains("mnist, cifar10, imdb, tinyshakespeare"), "{said}");
    } else {
        assert!(said.contains("--features fetch -- fetch photographs"), "{said}");
    }
}
