//! IMDb: 25,000 + 25,000 film reviews, for or against, and 50,000 without a verdict (Maas et al., 2011).
//!
//! One review is one file, its name the number and the stars: `train/pos/127_9.txt`. Reviews with 1 to 4 stars lie
//! in `neg`, those with 7 to 10 in `pos`, and `train/unsup` has 0 for all. They are read from the folder `aclImdb`
//! or straight from `aclImdb_v1.tar.gz`, and sorted by number, a negative one before the positive one of the same
//! number: the order does not depend on the file system, and every even prefix holds as many of either kind.
//!
//! A text file does not know how many companions it should have. But the numbers of a folder run from 0 without a
//! gap and `pos` and `neg` hold equally many, so that a lost file is noticed. Smaller sets with these properties are
//! accepted: a miniature can stand in for the whole in tests.
//!
//! Texts are as published, with `<br />` in them: cleaning is a step that one should see. Left out: the addresses
//! (`urls_*.txt`) and the counts of words (`*.feat`) that come with the texts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::locate::{Places, Wanted};
use crate::{Error, Set, Source, archive, files, reviews};

/// The verdicts by number.
pub const CLASS_NAMES: [&str; 2] = ["negative", "positive"];

/// Where the original archive is published.
pub const ADDRESS: &str = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz";

/// The name of the archive.
pub const ARCHIVE: &str = "aclImdb_v1.tar.gz";

/// The folder in the archive.
pub const FOLDER: &str = "aclImdb";

/// The folders of reviews: negative and positive for training, the same for the test, and those without a verdict.
pub const PARTS: [&str; 5] = ["train/neg", "train/pos", "test/neg", "test/pos", "train/unsup"];

/// Reviews in each of [`PARTS`] as published.
pub const COUNTS: [usize; 5] = [12_500, 12_500, 12_500, 12_500, 50_000];

/// The longest review has 14,000 bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imdb {
    /// For learning.
    pub train: Vec<Review>,
    /// For measuring, once, at the end.
    pub test: Vec<Review>,
    /// Texts without a verdict, by number.
    pub unlabelled: Vec<String>,
}

/// One review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its number among the reviews of its part and verdict.
    pub id: u32,
    /// What was written.
    pub text: String,
    /// 0 for a negative, 1 for a positive one.
    pub label: u8,
    /// 1 to 4 or 7 to 10.
    pub stars: u8,
}

/// Reads everything at `path`: a folder laid out as `aclImdb`, or the archive.
///
/// # Errors
/// If a part is missing or has lost a file, if a file is unreadable, wrongly named, empty, longer than 1 MiB or no
/// UTF-8; if the archive is damaged or holds what it should not.
pub fn load(path: &Path) -> Result<Imdb, Error> {
    read(path, &PARTS)
}

/// [`load`] without the reviews that have no verdict, which are two thirds of the text.
///
/// # Errors
/// As [`load`].
pub fn load_labelled(path: &Path) -> Result<Imdb, Error> {
    read(path, &PARTS[..4])
}

/// A file of a part: its number, its stars, and what is in it.
struct Found {
    id: u32,
    stars: u8,
    text: String,
}

fn read(path: &Path, wanted: &[&str]) -> Result<Imdb, Error> {
    let mut parts: [Vec<Found>; 5] = Default::default();
    if path.is_dir() {
        for (part, found) in wanted.iter().zip(&mut parts) {
            *found = read_folder(path, part)?;
        }
    } else {
        archive::visit(path, &mut |member| {
            let Some(which) = wanted.iter().position(|part| is_in(&member.name, part)) else { return Ok(()) };
            if member.file_name().starts_with('.') {
                return Ok(());
            }
            let (id, stars) = number_and_stars(&member.path, member.file_name(), wanted[which])?;
            let bytes = member.bytes(MOST_BYTES)?;
            parts[which].push(Found { id, stars, text: text(&member.path, bytes)? });
            Ok(())
        })?;
    }
    for (part, found) in wanted.iter().zip(&mut parts) {
        found.sort_by_key(|found| found.id);
        check_numbers(path, part, found)?;
    }
    let [train_neg, train_pos, test_neg, test_pos, unlabelled] = parts;
    Ok(Imdb {
        train: in_turn(path, train_neg, train_pos, "train")?,
        test: in_turn(path, test_neg, test_pos, "test")?,
        unlabelled: unlabelled.into_iter().map(|found| found.text).collect(),
    })
}

/// Whether `name` is a file directly in a folder `part`, itself in one folder or in none.
fn is_in(name: &str, part: &str) -> bool {
    let Some((folder, _)) = name.rsplit_once('/') else { return false };
    folder.strip_suffix(part).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn read_folder(root: &Path, part: &str) -> Result<Vec<Found>, Error> {
    let dir = root.join(part);
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => missing(root, part),
        _ => Error::Read { path: dir.clone(), source },
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // What a file manager leaves behind.
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let (id, stars) = number_and_stars(&path, &name, part)?;
        let bytes = files::read(&path, MOST_BYTES)?;
        found.push(Found { id, stars, text: text(&path, bytes)? });
    }
    Ok(found)
}

fn missing(root: &Path, part: &str) -> Error {
    Error::NotFound { dir: root.to_owned(), set: Set::Imdb, partly: true, expected: part.into() }
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    String::from_utf8(bytes)
        .map_err(|error| Error::Text { path: path.to_owned(), at: error.utf8_error().valid_up_to() })
}

/// From `127_9.txt` in `train/pos` to 127 and 9.
fn number_and_stars(path: &Path, name: &str, part: &str) -> Result<(u32, u8), Error> {
    let (stars, expected) = match part.rsplit('/').next() {
        Some("neg") => (1..=4, "NUMBER_STARS.txt with 1 to 4 stars"),
        Some("pos") => (7..=10, "NUMBER_STARS.txt with 7 to 10 stars"),
        _ => (0..=0, "NUMBER_0.txt"),
    };
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = name.strip_suffix(".txt").and_then(|stem| stem.split_once('_')).and_then(|(id, stars)| {
        (plain(id) && plain(stars)).then_some(())?;
        Some((id.parse().ok()?, stars.parse().ok()?))
    });
    match parsed {
        Some((id, found)) if stars.contains(&found) => Ok((id, found)),
        _ => Err(Error::Name { path: path.to_owned(), expected }),
    }
}

/// Numbers must be 0, 1, 2 and so on.
fn check_numbers(root: &Path, part: &str, sorted: &[Found]) -> Result<(), Error> {
    if sorted.is_empty() {
        return Err(missing(root, part));
    }
    for (index, found) in sorted.iter().enumerate() {
        let Found { id, stars, .. } = found;
        if (*id as usize) < index {
            return Err(Error::Twice { path: root.join(format!("{part}/{id}_{stars}.txt")) });
        }
        if *id as usize > index {
            return Err(Error::Gap { path: root.join(part), missing: index, found: sorted.len() });
        }
    }
    Ok(())
}

/// A negative one, a positive one, in turn.
fn in_turn(root: &Path, neg: Vec<Found>, pos: Vec<Found>, part: &str) -> Result<Vec<Review>, Error> {
    if neg.len() != pos.len() {
        let fewer = if neg.len() < pos.len() { "neg" } else { "pos" };
        let (found, others) = (neg.len().min(pos.len()), neg.len().max(pos.len()));
        return Err(Error::Unbalanced { path: root.join(part).join(fewer), found, others });
    }
    let review = |label| move |Found { id, stars, text }| Review { id, text, label, stars };
    let pairs = neg.into_iter().map(review(0)).zip(pos.into_iter().map(review(1)));
    Ok(pairs.flat_map(|(neg, pos)| [neg, pos]).collect())
}

/// Writes the reviews into `dir`, laid out as `aclImdb`.
///
/// # Errors
/// If a file cannot be written.
pub fn save(dir: &Path, data: &Imdb) -> Result<(), Error> {
    for part in PARTS {
        files::make_dir(&dir.join(part))?;
    }
    let put = |path: PathBuf, text: &str| files::write(&path, |out| out.write_all(text.as_bytes()));
    for (reviews, part) in [(&data.train, "train"), (&data.test, "test")] {
        for Review { id, text, label, stars } in reviews {
            let kind = if *label == 0 { "neg" } else { "pos" };
            put(dir.join(part).join(kind).join(format!("{id}_{stars}.txt")), text)?;
        }
    }
    for (id, text) in data.unlabelled.iter().enumerate() {
        put(dir.join(PARTS[4]).join(format!("{id}_0.txt")), text)?;
    }
    Ok(())
}

/// Looks for the files in `data`, else under `GRADUS_DATA`, else in the cache folder: in the folder itself, in
/// `aclImdb` or `imdb` below it, unpacked or as the archive. `data` may also be the archive.
///
/// # Errors
/// If `data` is given and holds nothing of IMDb, or if `GRADUS_DATA` is no folder.
pub fn find(data: Option<&Path>) -> Result<Source, Error> {
    find_in(&Places::of_this_user(data))
}

/// [`find`] in given places.
///
/// # Errors
/// As [`find`].
pub fn find_in(places: &Places) -> Result<Source, Error> {
    places.find(&Wanted {
        set: Set::Imdb,
        folders: &["", FOLDER, "imdb", "imdb/aclImdb"],
        is_there: &|dir| PARTS.iter().any(|part| dir.join(part).is_dir()),
        archives: &[ARCHIVE, "imdb/aclImdb_v1.tar.gz"],
        files: format!("{}, its companions, or {ARCHIVE}", PARTS[0]),
    })
}

/// Reads the reviews with a verdict if [`find`] finds them, else makes up 6,000 + 1,000; the second value says which.
///
/// # Errors
/// As [`find`] and [`load_labelled`]: files that are there but damaged are an error, never replaced by made-up ones.
pub fn load_or_generate(data: Option<&Path>) -> Result<(Imdb, Source), Error> {
    let source = find(data)?;
    let imdb = match &source {
        Source::Real(place) => load_labelled(place)?,
        Source::Generated { .. } => reviews::generate(0, 6_000, 1_000),
    };
    Ok((imdb, source))
}

/// What a program says about its data before it uses it; see [`Set::announce`].
pub fn announce(source: &Source) -> String {
    Set::Imdb.announce(source)
}

/// Where the files come from and where they go.
pub fn how_to_get() -> String {
    Set::Imdb.how_to_get()
}
