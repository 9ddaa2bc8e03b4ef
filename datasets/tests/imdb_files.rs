//! IMDb's files: read from a folder and from the archive, and refused when anything is wrong with them.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{folder, gzip, hostile, packed, places, real, tar, told};
use datasets::imdb::{self, Imdb, PARTS, Review};
use datasets::{Error, Source};
use proptest::prelude::*;

fn review(id: u32, label: u8, stars: u8, text: &str) -> Review {
    Review { id, text: text.into(), label, stars }
}

/// In the order in which it is read: by number, negative first.
fn small() -> Imdb {
    let train = (0..11).flat_map(|id| {
        let stars = (id % 4) as u8;
        [review(id, 0, 1 + stars, &format!("bad {id}")), review(id, 1, 7 + stars, &format!("good {id}"))]
    });
    Imdb {
        train: train.collect(),
        test: vec![review(0, 0, 4, "dull<br />"), review(0, 1, 10, "a \u{e9}clair")],
        unlabelled: (0..12).map(|id| format!("who knows {id}")).collect(),
    }
}

fn saved() -> tempfile::TempDir {
    let dir = folder();
    imdb::save(dir.path(), &small()).expect("written");
    dir
}

fn archive(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    common::archive(imdb::ARCHIVE, bytes)
}

fn refused(path: &Path) -> Error {
    imdb::load(path).expect_err("damaged data must be refused")
}

/// The error for the folder and for an archive of it; both name the place.
#[track_caller]
fn refused_both(dir: &Path) -> [Error; 2] {
    let (_dir, path) = archive(&packed(dir, "aclImdb/"));
    let errors = [refused(dir), refused(&path)];
    told(&errors[0], dir);
    told(&errors[1], &path);
    errors
}

#[test]
fn a_folder_and_an_archive_give_the_same_reviews() {
    let dir = saved();
    // The layout by hand.
    assert_eq!(fs::read_to_string(dir.path().join("train/pos/10_9.txt")).expect("a review"), "good 10");
    assert_eq!(fs::read_to_string(dir.path().join("test/neg/0_4.txt")).expect("a review"), "dull<br />");
    // What is there beside the reviews, and what a file manager leaves behind, is passed over.
    fs::write(dir.path().join("train/urls_pos.txt"), "http://").expect("written");
    fs::write(dir.path().join("train/labeledBow.feat"), "1 0:9").expect("written");
    fs::write(dir.path().join("train/pos/.DS_Store"), "?").expect("written");
    assert_eq!(imdb::load(dir.path()).expect("a folder"), small());
    let labelled = Imdb { unlabelled: vec![], ..small() };
    assert_eq!(imdb::load_labelled(dir.path()).expect("a folder"), labelled);
    for prefix in ["aclImdb/", "./aclImdb/", ""] {
        let (_dir, path) = archive(&packed(dir.path(), prefix));
        assert_eq!(imdb::load(&path).expect("an archive"), small(), "{prefix}");
        assert_eq!(imdb::load_labelled(&path).expect("an archive"), labelled, "{prefix}");
    }
    // Without a verdict, two thirds of the text may be absent.
    fs::remove_dir_all(dir.path().join("train/unsup")).expect("removed");
    assert_eq!(imdb::load_labelled(dir.path()).expect("a folder"), labelled);
}

#[test]
fn the_order_in_the_archive_does_not_matter() {
    let dir = saved();
    let files = common::files_below(dir.path());
    let mut files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    files.reverse();
    let (_dir, path) = archive(&gzip(&tar(&files)));
    assert_eq!(imdb::load(&path).expect("an archive"), small());
}

#[test]
fn a_missing_part_is_named() {
    for part in PARTS {
        let dir = saved();
        fs::remove_dir_all(dir.path().join(part)).expect("removed");
        for error in refused_both(dir.path()) {
            assert!(matches!(error, Error::NotFound { partly: true, .. }), "{error}");
            assert!(error.to_string().contains(part), "{error} does not name {part}");
            assert!(error.hint().contains(imdb::ADDRESS), "{}", error.hint());
        }
        fs::create_dir(dir.path().join(part)).expect("made");
        let error = refused(dir.path());
        assert!(matches!(error, Error::NotFound { .. }), "empty folder: {error}");
    }
}

#[test]
fn a_lost_review_is_noticed() {
    let dir = saved();
    fs::remove_file(dir.path().join("train/neg/5_2.txt")).expect("removed");
    for error in refused_both(dir.path()) {
        assert!(matches!(error, Error::Gap { missing: 5, found: 10, .. }), "{error}");
    }
    let dir = saved();
    fs::remove_file(dir.path().join("train/pos/10_9.txt")).expect("removed");
    for error in refused_both(dir.path()) {
        assert!(matches!(error, Error::Unbalanced { found: 10, others: 11, .. }), "{error}");
    }
}

#[test]
fn names_that_say_something_else() {
    let wrong =
        ["0_7.txt", "11_0.txt", "11_5.txt", "11_11.txt", "11.txt", "x_3.txt", "+11_3.txt", "11_3.html"];
    for name in wrong {
        let dir = saved();
        fs::write(dir.path().join("train/neg").join(name), "text").expect("written");
        for error in refused_both(dir.path()) {
            assert!(matches!(error, Error::Name { .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }
    // Two reviews with the same number.
    let dir = saved();
    fs::write(dir.path().join("train/neg/3_1.txt"), "text").expect("written");
    for error in refused_both(dir.path()) {
        assert!(matches!(error, Error::Twice { .. }), "{error}");
    }
}

#[test]
fn texts_that_are_none() {
    let put = |content: &[u8]| {
        let dir = saved();
        fs::write(dir.path().join("test/pos/0_10.txt"), content).expect("written");
        refused_both(dir.path())
    };
    for error in put(b"") {
        assert!(matches!(error, Error::Empty { .. }), "{error}");
    }
    for error in put(b"good \xff film") {
        assert!(matches!(error, Error::Text { at: 5, .. }), "{error}");
    }
    for error in put(&vec![b'a'; (1 << 20) + 1]) {
        assert!(matches!(error, Error::Absurd { promised: 1_048_577, .. }), "{error}");
    }
    let dir = saved();
    let path = dir.path().join("test/pos/1_10.txt");
    fs::create_dir(&path).expect("made");
    let error = refused(dir.path());
    assert!(matches!(error, Error::Read { .. }), "{error}");
    told(&error, &path);
}

#[cfg(unix)]
#[test]
fn a_file_that_one_may_not_read() {
    let dir = saved();
    let path = dir.path().join("test/pos/0_10.txt");
    if !common::forbidden(&path, "IMDb, a_file_that_one_may_not_read") {
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
        match what {
            "absurd size" => assert!(matches!(error, Error::Absurd { .. }), "{text}"),
            _ => assert!(word.is_empty() || matches!(error, Error::Unsafe { .. }), "{what}: {text}"),
        }
    }
}

/// A gzip stream of 2 MB that unpacks to 2 GiB: read no further than to 1 GiB, and refused.
#[test]
fn an_archive_that_unpacks_to_too_much() {
    let mut bytes = common::header("aclImdb/rubbish", b'0', 2 << 30, "").to_vec();
    bytes.resize(1 << 24, 0);
    // Members of a gzip file may stand behind one another.
    let zeros = gzip(&vec![0; 1 << 24]);
    let mut whole = gzip(&bytes);
    (0..128).for_each(|_| whole.extend_from_slice(&zeros));
    let (_dir, path) = archive(&whole);
    let error = refused(&path);
    assert!(matches!(error, Error::Absurd { .. }), "{error}");
    told(&error, &path);
}

/// Made once: that is slower than reading it.
static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| packed(saved().path(), "aclImdb/"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// However an archive is cut, it is refused and named.
    #[test]
    fn a_cut_archive_is_refused(share in 0.0..1.0f64) {
        let whole = &*PACKED;
        let (_dir, path) = archive(&whole[..(whole.len() as f64 * share) as usize]);
        told(&refused(&path), &path);
    }
}

#[test]
fn it_is_found_in_folders_and_as_an_archive() {
    let find =
        |explicit: Option<&Path>, variable: Option<&Path>| imdb::find_in(&places(explicit, variable, None));
    let dir = folder();
    let archive_path = dir.path().join(imdb::ARCHIVE);
    fs::write(&archive_path, b"anything").expect("written");
    assert_eq!(find(None, Some(dir.path())).expect("found"), Source::Real(archive_path.clone()));
    assert_eq!(find(Some(&archive_path), None).expect("found"), Source::Real(archive_path));
    for below in ["imdb/aclImdb", "imdb", "aclImdb", ""] {
        let below = dir.path().join(below);
        fs::create_dir_all(below.join("train/neg")).expect("made");
        assert_eq!(find(None, Some(dir.path())).expect("found"), Source::Real(below));
    }
    let empty = folder();
    let error = find(Some(empty.path()), None).expect_err("a folder that was named must hold it");
    assert!(told(&error, empty.path()).contains("holds no IMDb"));
}

/// The expected values were computed with Python from the published files, not with this crate.
#[test]
fn the_real_files_have_these_texts() {
    let Some(place) = real("IMDb, the_real_files_have_these_texts", imdb::find) else { return };
    let Imdb { train, test, unlabelled } = imdb::load(&place).expect("the real files");
    assert_eq!((train.len(), test.len(), unlabelled.len()), (25_000, 25_000, 50_000));
    let totals = |reviews: &[Review], label| {
        let chosen = || reviews.iter().filter(move |review| review.label == label);
        let bytes: usize = chosen().map(|review| review.text.len()).sum();
        let stars: u32 = chosen().map(|review| u32::from(review.stars)).sum();
        (chosen().count(), bytes, stars)
    };
    assert_eq!(totals(&train, 0), (12_500, 16_289_992, 27_712));
    assert_eq!(totals(&train, 1), (12_500, 16_842_831, 109_231));
    assert_eq!(totals(&test, 0), (12_500, 16_067_328, 27_789));
    assert_eq!(totals(&test, 1), (12_500, 16_283_357, 110_035));
    assert_eq!(unlabelled.iter().map(String::len).sum::<usize>(), 66_506_794);
    assert!(train[0].text.starts_with("Story of a man who has unnatural feelings for a pig."));
    assert!(train[1].text.starts_with("Bromwell High is a cartoon comedy."));
    assert!(test[0].text.starts_with("Once again Mr. Costner has dragged out a movie"));
    assert!(test[1].text.starts_with("I went and saw this movie last night"));
    assert!(unlabelled[0].starts_with("I admit, the great majority of films released before"));
    let first = [&train[0], &train[1], &test[0], &test[1]].map(|review| (review.label, review.stars));
    assert_eq!(first, [(0, 3), (1, 9), (0, 2), (1, 10)]);
}
