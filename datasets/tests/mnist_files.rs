//! MNIST's four files: found, read, matched with one another, and, where the real ones are, the right pixels.

mod common;

use std::fs;

use common::{folder, places, real, sum};
use datasets::mnist::{self, Images, Mnist};
use datasets::{Error, Source, digits, idx};

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

/// Seed 5, 3 + 2 images.
fn small() -> Mnist {
    digits::generate(5, 3, 2)
}

fn saved() -> tempfile::TempDir {
    let folder = folder();
    mnist::save(folder.path(), &small()).expect("written");
    folder
}

#[test]
fn what_was_saved_is_loaded() {
    let folder = saved();
    assert_eq!(mnist::load(folder.path()).expect("loaded"), small());
}

#[test]
fn unpacked_files_and_names_with_a_dot_are_read_too() {
    let folder = folder();
    let Mnist { train, test } = small();
    for (part, images, labels) in [
        (&train, "train-images-idx3-ubyte", "train-labels.idx1-ubyte"),
        (&test, "t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte"),
    ] {
        idx::write(&folder.path().join(images), &[part.len(), 28, 28], &part.pixels).expect("images");
        idx::write(&folder.path().join(labels), &[part.len()], &part.labels).expect("labels");
    }
    assert_eq!(mnist::load(folder.path()).expect("loaded"), small());
}

#[test]
fn a_missing_file_is_named() {
    for file in FILES {
        let folder = saved();
        fs::remove_file(folder.path().join(file)).expect("removed");
        let error = mnist::load(folder.path()).expect_err("three files are not enough");
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        assert!(error.to_string().contains(file), "{error} does not name {file}");
        assert!(error.hint().contains(mnist::ADDRESS), "{}", error.hint());
    }
}

#[test]
fn files_that_do_not_belong_together() {
    let folder = saved();
    let at = |name: &str| folder.path().join(name);
    // The training labels in place of the test's: 2 images, 3 labels.
    fs::copy(at(FILES[1]), at(FILES[3])).expect("copied");
    let error = mnist::load(folder.path()).expect_err("2 images, 3 labels");
    assert!(matches!(error, Error::Counts { images: 2, labels: 3, .. }), "{error}");
    // Labels in place of images.
    fs::copy(at(FILES[1]), at(FILES[0])).expect("copied");
    let error = mnist::load(folder.path()).expect_err("labels are no images");
    assert!(matches!(error, Error::Magic { .. }), "{error}");
}

#[test]
fn a_label_past_nine_is_refused() {
    let folder = saved();
    let path = folder.path().join(FILES[1]);
    idx::write(&path, &[3], &[9, 0, 10]).expect("written");
    let error = mnist::load(folder.path()).expect_err("label 10");
    assert!(matches!(error, Error::Label { index: 2, found: 10, .. }), "{error}");
    assert!(error.to_string().ends_with("label 2 is 10: expected 0 to 9"), "{error}");
}

#[test]
fn images_of_another_size_are_refused() {
    let folder = saved();
    idx::write(&folder.path().join(FILES[0]), &[3, 32, 32], &[0; 3 * 32 * 32]).expect("written");
    let error = mnist::load(folder.path()).expect_err("32 x 32");
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}

#[test]
fn a_data_set_without_elements_is_refused() {
    let folder = saved();
    idx::write(&folder.path().join(FILES[0]), &[0, 28, 28], &[]).expect("written");
    idx::write(&folder.path().join(FILES[1]), &[0], &[]).expect("written");
    let error = mnist::load(folder.path()).expect_err("nothing");
    assert!(matches!(error, Error::Empty { .. }), "{error}");
}

#[test]
fn save_refuses_pixels_that_do_not_fit_the_labels() {
    let folder = folder();
    let mut broken = small();
    broken.train.labels.pop();
    let error = mnist::save(folder.path(), &broken).expect_err("3 images, 2 labels");
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");
}

#[test]
fn the_first_place_that_holds_the_files_wins() {
    let [first, second] = [saved(), saved()];
    let empty = folder();
    let (first, second, empty) = (first.path(), second.path(), empty.path());
    let find = |a, b, c| mnist::find_in(&places(a, b, c)).expect("found, or nothing found");
    assert_eq!(find(Some(first), Some(second), None), Source::Real(first.to_owned()));
    assert_eq!(find(None, Some(first), Some(second)), Source::Real(first.to_owned()));
    assert_eq!(find(None, Some(empty), Some(second)), Source::Real(second.to_owned()));
    assert_eq!(find(None, None, Some(second)), Source::Real(second.to_owned()));
    let looked_in = vec![empty.to_owned()];
    assert_eq!(find(None, Some(empty), None), Source::Generated { looked_in });
    assert_eq!(find(None, None, None), Source::Generated { looked_in: vec![] });
    assert!(!find(None, None, Some(&empty.join("absent"))).is_real());
}

#[test]
fn a_folder_for_several_data_sets_is_searched_below() {
    let folder = folder();
    for below in ["mnist", "MNIST/raw"] {
        let dir = folder.path().join(below);
        mnist::save(&dir, &small()).expect("written");
        let found = mnist::find_in(&places(None, Some(folder.path()), None)).expect("found");
        assert_eq!(found, Source::Real(dir.clone()));
        fs::remove_dir_all(dir).expect("removed");
    }
}

#[test]
fn a_folder_that_was_named_is_never_passed_over() {
    let good = saved();
    let empty = folder();
    let absent = empty.path().join("absent");
    let error =
        mnist::find_in(&places(Some(empty.path()), Some(good.path()), None)).expect_err("no MNIST there");
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let error = mnist::find_in(&places(Some(&absent), Some(good.path()), None)).expect_err("no folder there");
    assert!(matches!(error, Error::Read { .. }), "{error}");
    let error = mnist::find_in(&places(None, Some(&absent), Some(good.path()))).expect_err("no folder there");
    assert!(matches!(error, Error::Read { .. }), "{error}");
    let file = good.path().join(FILES[0]);
    let error = mnist::find_in(&places(None, Some(&file), None)).expect_err("a file is no folder");
    assert!(matches!(error, Error::Read { .. }), "{error}");
}

#[test]
fn programs_say_loudly_what_they_use() {
    let real = mnist::announce(&Source::Real("/data/mnist".into()));
    assert!(real.contains("/data/mnist") && !real.contains("NOT"), "{real}");
    let generated = mnist::announce(&Source::Generated { looked_in: vec!["/data".into()] });
    assert!(
        generated.contains("NOT MNIST but generated") && generated.contains("found in /data)"),
        "{generated}"
    );
    assert!(generated.contains(mnist::ADDRESS) && generated.contains("GRADUS_DATA"), "{generated}");
}

fn counts(images: &Images) -> [usize; 10] {
    let mut counts = [0; 10];
    images.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

/// The expected values were read from the published files with gzip and numpy, not with this crate.
#[test]
fn the_real_files_have_these_pixels() {
    let Some(dir) = real("MNIST, the_real_files_have_these_pixels", mnist::find) else { return };
    let Mnist { train, test } = mnist::load(&dir).expect("the real files");
    assert_eq!((train.len(), test.len()), (60_000, 10_000));
    assert_eq!(train.labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(test.labels[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    assert_eq!(counts(&train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(counts(&test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!((sum(&train.pixels), sum(&test.pixels)), (1_567_298_545, 264_923_200));
    assert_eq!((sum(train.image(0)), sum(train.image(1))), (27_525, 31_095));
    // Row 7 of the first training image, the five, and of the first test image, the seven: columns 6 to 12. Rows
    // and columns in the wrong order would give others.
    assert_eq!(train.image(0)[7 * 28 + 6..7 * 28 + 13], [0, 49, 238, 253, 253, 253, 253]);
    assert_eq!(test.image(0)[7 * 28 + 6..7 * 28 + 13], [84, 185, 159, 151, 60, 36, 0]);
}
