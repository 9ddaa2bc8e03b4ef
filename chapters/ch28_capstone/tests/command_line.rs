//! The program from outside: what it says, what it leaves behind, and how it fails.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use datasets::{digits, mnist};

/// Runs the program without anything from the outside that could change what it does.
fn gradus(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ch28_capstone"))
        .args(args)
        .env_remove("GRADUS_DATA")
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes text")
}

/// The error output of a run that must fail with this exit code.
fn fails(code: i32, args: &[&str]) -> String {
    let output = gradus(args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(!said.contains("backtrace") && !said.contains("panicked"), "{said}");
    said
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a temporary folder with a plain name")
}

/// A few images in a folder: seed 7, 300 + 40.
fn few_digits() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    mnist::save(folder.path(), &digits::generate(7, 300, 40)).expect("written");
    folder
}

#[test]
fn it_trains_draws_and_says_what_it_did() {
    let (data, out) = (few_digits(), tempfile::tempdir().expect("a temporary folder"));
    let out = out.path().join("made/by/the/program");
    let args = ["--data", path(data.path()), "--epochs", "2", "--out", path(&out)];
    let output = gradus(&args);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains(&format!("Data: MNIST from {}", data.path().display())), "{said}");
    assert!(said.contains("% of 40 images"), "{said}");

    let mut names: Vec<_> = fs::read_dir(&out)
        .expect("the folder was made")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    assert_eq!(names, ["loss.svg", "mistakes.svg", "predictions.svg"]);
    for name in &names {
        assert!(said.contains(path(&out.join(name))), "{name} is not mentioned: {said}");
        assert!(fs::read_to_string(out.join(name)).expect("a figure").ends_with("</svg>\n"), "{name}");
    }

    // The same seed gives the same figures, byte for byte; another seed gives others.
    let first = fs::read(out.join("loss.svg")).expect("a figure");
    assert!(gradus(&args).status.success());
    assert_eq!(fs::read(out.join("loss.svg")).expect("a figure"), first);
    assert!(gradus(&[&args[..], &["--seed", "1"]].concat()).status.success());
    assert_ne!(fs::read(out.join("loss.svg")).expect("a figure"), first);
}

#[test]
fn flags_that_do_not_exist_or_make_no_sense() {
    assert!(fails(2, &["--epoch", "3"]).contains("--epochs"), "the flag that was meant is suggested");
    assert!(fails(2, &["--epochs", "0"]).contains("1..=1000"));
    assert!(fails(2, &["--seed", "lucky"]).contains("--seed"));
    assert!(fails(2, &["mnist"]).contains("mnist"));
}

#[test]
fn data_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let absent = folder.path().join("absent");
    let said = fails(1, &["--data", path(&absent), "--out", path(&out)]);
    assert!(said.contains(path(&absent)) && said.contains("because:") && said.contains("hint:"), "{said}");
    // The folder exists and holds something else.
    let said = fails(1, &["--data", path(folder.path()), "--out", path(&out)]);
    assert!(said.contains("holds no MNIST") && said.contains(mnist::ADDRESS), "{said}");
}

#[test]
fn data_that_is_damaged_is_never_replaced_by_generated_digits() {
    let (data, out) = (few_digits(), tempfile::tempdir().expect("a temporary folder"));
    let file = data.path().join("t10k-images-idx3-ubyte.gz");
    let bytes = fs::read(&file).expect("a file");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("half of it");
    let said = fails(1, &["--data", path(data.path()), "--out", path(out.path())]);
    assert!(said.contains(path(&file)) && said.contains("truncated") && said.contains("hint:"), "{said}");
}

#[test]
fn too_few_images_to_keep_some_aside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Seed 7, 11 + 1 images.
    mnist::save(folder.path(), &digits::generate(7, 11, 1)).expect("written");
    assert!(fails(1, &["--data", path(folder.path())]).contains("only 11 training images"));
    mnist::save(folder.path(), &digits::generate(7, 12, 1)).expect("written");
    let out = folder.path().join("out");
    let output = gradus(&["--data", path(folder.path()), "--epochs", "1", "--out", path(&out)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_folder_for_figures_that_cannot_be_written_is_noticed_before_the_training() {
    let (data, folder) = (few_digits(), tempfile::tempdir().expect("a temporary folder"));
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    for out in [file.clone(), file.join("below")] {
        let output = gradus(&["--data", path(data.path()), "--out", path(&out)]);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(
            said.contains("output folder") && said.contains(path(&out)) && said.contains("--out"),
            "{said}"
        );
        assert_eq!(text(&output.stdout), "", "nothing was begun");
    }
}
