//! CIFAR-10's files: read from a folder and from the archive, and refused when anything is wrong with them.

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{folder, gzip, hostile, packed, places, real, sum, tar, told};
use datasets::cifar10::{self, CLASS_NAMES, Cifar10, FILES, Images, META, PIXELS};
use datasets::{Error, Source};
use proptest::prelude::*;

const RECORD: usize = 1 + PIXELS;

/// `count` images whose bytes depend on all three of part, image and place.
fn images(part: usize, count: usize) -> Images {
    let pixels = (0..count * PIXELS).map(|i| (i / PIXELS * 31 + i % PIXELS * 7 + part * 101) as u8).collect();
    Images { pixels, labels: (0..count).map(|i| ((i * 3 + part) % 10) as u8).collect() }
}

fn small() -> Cifar10 {
    Cifar10 { train: images(0, 10), test: images(1, 2), class_names: CLASS_NAMES }
}

/// A miniature in the published layout: two images per file.
fn saved() -> tempfile::TempDir {
    let dir = folder();
    cifar10::save(dir.path(), &small()).expect("written");
    dir
}

fn archive(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    common::archive(cifar10::ARCHIVE, bytes)
}

fn refused(path: &Path) -> Error {
    cifar10::load(path).expect_err("damaged data must be refused")
}

#[test]
fn a_folder_and_an_archive_give_the_same_images() {
    let dir = saved();
    // The layout by hand: label, then the pixels, and the third training image is the first of the second file.
    let second = fs::read(dir.path().join(FILES[1])).expect("read");
    assert_eq!(second.len(), 2 * RECORD);
    assert_eq!(second[0], small().train.labels[2]);
    assert_eq!(second[1..RECORD], *small().train.image(2));
    assert_eq!(cifar10::load(dir.path()).expect("a folder"), small());
    for prefix in ["cifar-10-batches-bin/", "./cifar-10-batches-bin/", ""] {
        let (_dir, path) = archive(&packed(dir.path(), prefix));
        assert_eq!(cifar10::load(&path).expect("an archive"), small(), "{prefix}");
    }
    // Some programs unpack half of a download. The names of the classes may be absent.
    fs::remove_file(dir.path().join(META)).expect("removed");
    let files = common::files_below(dir.path());
    let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let (_dir, path) = archive(&tar(&files));
    assert_eq!(cifar10::load(&path).expect("a plain tar"), small());
    assert_eq!(cifar10::load(dir.path()).expect("a folder without names"), small());
}

#[test]
fn a_missing_file_is_named() {
    for name in FILES {
        let dir = saved();
        fs::remove_file(dir.path().join(name)).expect("removed");
        let (_dir, path) = archive(&packed(dir.path(), "cifar-10-batches-bin/"));
        for place in [dir.path(), &path] {
            let error = refused(place);
            assert!(matches!(error, Error::NotFound { partly: true, .. }), "{error}");
            assert!(told(&error, place).contains(name), "{error}");
            assert!(error.hint().contains(cifar10::ADDRESS), "{}", error.hint());
        }
    }
}

#[test]
fn files_of_a_wrong_length() {
    // Whole records, but fewer than the others have; a piece of a record; nothing; more than was published.
    for (length, which) in [(RECORD, 5), (2 * RECORD - 1, 0), (0, 3), (10_000 * RECORD + 1, 2)] {
        let dir = saved();
        let path = dir.path().join(FILES[which]);
        File::options().write(true).open(&path).and_then(|file| file.set_len(length as u64)).expect("cut");
        let error = refused(dir.path());
        let fits = match error {
            Error::Truncated { expected, found, .. } => expected > found && found == length as u64,
            Error::Trailing { expected, .. } => expected == 30_730_000 && length as u64 > expected,
            _ => false,
        };
        assert!(fits, "{error}");
        told(&error, &path);
    }
}

#[test]
fn a_label_past_nine_is_refused() {
    let dir = saved();
    let path = dir.path().join(FILES[2]);
    let mut bytes = fs::read(&path).expect("read");
    bytes[RECORD] = 10;
    fs::write(&path, bytes).expect("written");
    let error = refused(dir.path());
    assert!(matches!(error, Error::Label { index: 1, found: 10, classes: 10, .. }), "{error}");
    told(&error, &path);
    let (_dir, path) = archive(&packed(dir.path(), "x/"));
    let error = refused(&path);
    assert!(matches!(error, Error::Label { index: 1, found: 10, classes: 10, .. }), "{error}");
    assert!(told(&error, &path).contains(FILES[2]));
}

#[test]
fn another_data_set_is_refused() {
    let dir = saved();
    fs::write(dir.path().join(META), "apple\nbear\n").expect("written");
    let error = refused(dir.path());
    assert!(matches!(error, Error::Names { .. }), "{error}");
    assert!(told(&error, dir.path()).contains("apple, bear"));
}

#[test]
fn folders_in_place_of_files_and_files_that_are_not_there() {
    let dir = saved();
    let path = dir.path().join(FILES[4]);
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    let error = refused(dir.path());
    assert!(matches!(error, Error::Read { .. }), "{error}");
    told(&error, &path);
    let absent = dir.path().join("absent.tar.gz");
    let error = refused(&absent);
    assert!(matches!(error, Error::Read { .. }), "{error}");
    told(&error, &absent);
}

#[cfg(unix)]
#[test]
fn a_file_that_one_may_not_read() {
    let dir = saved();
    let path = dir.path().join(FILES[0]);
    if !common::forbidden(&path, "CIFAR-10, a_file_that_one_may_not_read") {
        return;
    }
    let error = refused(dir.path());
    assert!(matches!(error, Error::Read { .. }), "{error}");
    told(&error, &path);
}

#[test]
fn hostile_archives_are_refused() {
    for (what, bytes, word) in hostile() {
        let (_dir, path) = archive(&bytes);
        let error = refused(&path);
        let text = told(&error, &path);
        assert!(text.contains(word), "{what}: {text}");
        if !word.is_empty() {
            assert!(matches!(error, Error::Unsafe { .. }), "{what}: {text}");
        }
    }
}

#[test]
fn damaged_archives_are_refused() {
    let dir = saved();
    let good = packed(dir.path(), "cifar-10-batches-bin/");
    // A byte of the checksum at the end; the length after it; a byte in the middle, which may show up anyhow.
    for at in [good.len() - 8, good.len() - 1, good.len() / 2] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let (_dir, path) = archive(&bytes);
        let error = refused(&path);
        assert!(at == good.len() / 2 || matches!(error, Error::Gzip { .. }), "{error}");
        told(&error, &path);
    }
    // The same file twice.
    let record = vec![0; RECORD];
    let (_dir, path) =
        archive(&gzip(&tar(&[("a/data_batch_1.bin", &record), ("b/data_batch_1.bin", &record)])));
    let error = refused(&path);
    assert!(matches!(error, Error::Twice { .. }), "{error}");
    told(&error, &path);
    // A header that promises more than was ever published.
    let mut bytes = common::header("data_batch_1.bin", b'0', 30_730_001, "").to_vec();
    bytes.resize(8192, 0);
    let (_dir, path) = archive(&gzip(&bytes));
    let error = refused(&path);
    assert!(matches!(error, Error::Trailing { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// However an archive is cut, packed or not, it is refused and named.
    #[test]
    fn a_cut_archive_is_refused(share in 0.0..1.0f64, packed_too in any::<bool>()) {
        let dir = saved();
        let files = common::files_below(dir.path());
        let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let whole = tar(&files);
        // What follows the last file is padding, without which an unpacked archive still holds everything.
        let end = if packed_too { gzip(&whole).len() } else { whole.len() - 1024 - (512 - 2 * RECORD % 512) };
        let cut = (end as f64 * share) as usize;
        let bytes = if packed_too { gzip(&whole)[..cut].to_vec() } else { whole[..cut].to_vec() };
        let (_dir, path) = archive(&bytes);
        let error = refused(&path);
        told(&error, &path);
    }

    /// However a file of a folder is cut, it is refused and named.
    #[test]
    fn a_cut_file_is_refused(which in 0..6usize, length in 0..2 * RECORD) {
        let dir = saved();
        let path = dir.path().join(FILES[which]);
        File::options().write(true).open(&path).and_then(|file| file.set_len(length as u64)).expect("cut");
        let error = refused(dir.path());
        prop_assert!(matches!(error, Error::Truncated { .. }), "{}", error);
        told(&error, &path);
    }
}

#[test]
fn it_is_found_in_folders_and_as_an_archive() {
    let find = |explicit: Option<&Path>, variable: Option<&Path>| {
        cifar10::find_in(&places(explicit, variable, None))
    };
    let dir = folder();
    let archive_path = dir.path().join(cifar10::ARCHIVE);
    fs::write(&archive_path, b"anything").expect("written");
    assert_eq!(find(None, Some(dir.path())).expect("found"), Source::Real(archive_path.clone()));
    assert_eq!(find(Some(dir.path()), None).expect("found"), Source::Real(archive_path.clone()));
    assert_eq!(find(Some(&archive_path), None).expect("found"), Source::Real(archive_path));
    // What is unpacked goes first.
    for below in ["cifar10/cifar-10-batches-bin", "cifar10", "cifar-10-batches-bin", ""] {
        let below = dir.path().join(below);
        cifar10::save(&below, &small()).expect("written");
        assert_eq!(find(None, Some(dir.path())).expect("found"), Source::Real(below));
    }
    let empty = folder();
    let error = find(Some(empty.path()), Some(dir.path())).expect_err("a folder that was named must hold it");
    assert!(matches!(error, Error::NotFound { partly: false, .. }), "{error}");
    assert!(told(&error, empty.path()).contains("holds no CIFAR-10"));
    assert!(!find(None, Some(empty.path())).expect("nothing found").is_real());
}

#[test]
fn save_refuses_what_does_not_fit() {
    let dir = folder();
    let mut broken = small();
    broken.train.labels.pop();
    let error = cifar10::save(dir.path(), &broken).expect_err("nine labels");
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");
}

/// CRC-32 of every record, summed: does not depend on the order of the images.
fn fingerprint(images: &Images) -> u64 {
    let one = |index: usize| {
        let mut crc = flate2::Crc::new();
        crc.update(&[images.labels[index]]);
        crc.update(images.image(index));
        u64::from(crc.sum())
    };
    (0..images.len()).map(one).sum()
}

/// The image whose upper left corner has these three pixels in red, green and blue: its class and the sum of all.
fn with_corner(images: &Images, corner: [[u8; 3]; 3]) -> (u8, u64) {
    let has = |index: &usize| {
        let image = images.image(*index);
        (0..3).all(|channel| image[channel * 1024..channel * 1024 + 3] == corner[channel])
    };
    let index = (0..images.len()).find(has).expect("one with this corner");
    (images.labels[index], sum(images.image(index)))
}

/// The expected values were computed with numpy and zlib, not with this crate. They do not depend on the order of
/// the images, because there are copies of the data in other orders than the published one.
#[test]
fn the_real_files_have_these_pixels() {
    let Some(place) = real("CIFAR-10, the_real_files_have_these_pixels", cifar10::find) else { return };
    let Cifar10 { train, test, .. } = cifar10::load(&place).expect("the real files");
    assert_eq!((train.len(), test.len()), (50_000, 10_000));
    for class in 0..10 {
        let count = |images: &Images| images.labels.iter().filter(|&&label| label == class).count();
        assert_eq!((count(&train), count(&test)), (5_000, 1_000));
    }
    assert_eq!((sum(&train.pixels), sum(&test.pixels)), (18_540_682_003, 3_733_375_634));
    assert_eq!((fingerprint(&train), fingerprint(&test)), (107_599_159_257_505, 21_341_954_354_611));
    // The first of the published training images, a frog, and of the test images, a cat.
    assert_eq!(with_corner(&train, [[59, 43, 50], [62, 46, 48], [63, 45, 43]]), (6, 317_790));
    assert_eq!(with_corner(&test, [[158, 159, 165], [112, 111, 116], [49, 47, 51]]), (3, 332_962));
}
