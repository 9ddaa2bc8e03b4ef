//! CIFAR-10: 50,000 + 10,000 colour photographs of 32 x 32 pixels in ten classes (Krizhevsky, 2009).
//!
//! The binary version has six files of records, five for training and one for the test:
//!
//! ```text
//! byte 0            the class, 0 to 9
//! bytes 1 to 1024   red, row by row from the top left
//! then 1024, 1024   green, blue
//! ```
//!
//! They are read from the folder `cifar-10-batches-bin` or straight from `cifar-10-binary.tar.gz`, in the order of
//! the files and of the records.
//!
//! The published files hold 10,000 records each. Smaller ones are accepted if all six are of one size, which no
//! accident brings about, so that a miniature in the same layout can stand in for the whole in tests.
//!
//! Left out: the Python version of the files, which is made of pickles, and CIFAR-100.

use std::io;
use std::path::Path;

use crate::locate::{Places, Wanted};
use crate::{Error, Set, Source, archive, files, shapes};

/// Height and width of the images.
pub const SIZE: usize = 32;

/// Red, green, blue.
pub const CHANNELS: usize = 3;

/// Bytes of an image.
pub const PIXELS: usize = CHANNELS * SIZE * SIZE;

/// Number of classes.
pub const CLASSES: usize = 10;

/// The classes by number.
pub const CLASS_NAMES: [&str; CLASSES] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Where the original archive is published.
pub const ADDRESS: &str = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";

/// The name of the archive.
pub const ARCHIVE: &str = "cifar-10-binary.tar.gz";

/// The folder in the archive.
pub const FOLDER: &str = "cifar-10-batches-bin";

/// The files of records: five for training, then the test's.
pub const FILES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

/// The file with the names of the classes; it may be absent, because the names are known.
pub const META: &str = "batches.meta.txt";

/// Records in each of the published files.
pub const PER_FILE: usize = 10_000;

const RECORD: u64 = 1 + PIXELS as u64;
const META_BYTES: u64 = 1 << 16;
const FILE_BYTES: u64 = RECORD * PER_FILE as u64;

/// Both parts of the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cifar10 {
    /// For learning.
    pub train: Images,
    /// For measuring, once, at the end.
    pub test: Images,
    /// The classes by number; generated images ([`shapes`]) have others than the real ones.
    pub class_names: [&'static str; CLASSES],
}

/// Colour images with their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// `[count, 3, 32, 32]`: red, green, blue, each row by row; 0 is dark, 255 is bright.
    pub pixels: Vec<u8>,
    /// `[count]`, each 0 to 9.
    pub labels: Vec<u8>,
}

impl Images {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of image `index`: `[3, 32, 32]`.
    ///
    /// # Panics
    /// If there are not so many images.
    #[track_caller]
    pub fn image(&self, index: usize) -> &[u8] {
        assert!(index < self.len(), "image {index} of {} images", self.len());
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }
}

/// Reads the six files at `path`: a folder that holds them, or the archive.
///
/// # Errors
/// If a file is missing, unreadable, of a size that is not the others', or if a label is above 9; if the archive is
/// damaged or holds what it should not.
pub fn load(path: &Path) -> Result<Cifar10, Error> {
    let mut parts: [Option<Images>; 6] = Default::default();
    if path.is_dir() {
        // Lengths are known before anything is read, so that a short file is found at once.
        let paths = FILES.map(|name| path.join(name));
        for (path_of, name) in paths.iter().zip(FILES) {
            let about = match path_of.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(path, name)),
                about => about.map_err(|source| Error::Read { path: path_of.clone(), source })?,
            };
            if about.is_file() {
                check_length(path_of, about.len())?;
            }
        }
        for (path, images) in paths.iter().zip(&mut parts) {
            *images = Some(records(path, files::read(path, FILE_BYTES)?)?);
        }
        let meta = path.join(META);
        if meta.exists() {
            check_names(&meta, &files::read(&meta, META_BYTES)?)?;
        }
    } else {
        archive::visit(path, &mut |member| {
            let name = member.file_name();
            if name == META {
                return check_names(&member.path.clone(), &member.bytes(META_BYTES)?);
            }
            let Some(which) = FILES.iter().position(|&file| file == name) else { return Ok(()) };
            check_length(&member.path, member.size)?;
            if parts[which].is_some() {
                return Err(Error::Twice { path: member.path.clone() });
            }
            parts[which] = Some(records(&member.path.clone(), member.bytes(FILE_BYTES)?)?);
            Ok(())
        })?;
    }
    join(path, parts)
}

fn missing(path: &Path, name: &str) -> Error {
    Error::NotFound { dir: path.to_owned(), set: Set::Cifar10, partly: true, expected: name.into() }
}

/// A file of records has some number of whole records, at most the published one.
fn check_length(path: &Path, found: u64) -> Result<(), Error> {
    let path = path.to_owned();
    if found > FILE_BYTES {
        return Err(Error::Trailing { path, expected: FILE_BYTES, found: found.to_string() });
    }
    if found == 0 || !found.is_multiple_of(RECORD) {
        return Err(Error::Truncated { path, expected: FILE_BYTES, found });
    }
    Ok(())
}

/// Takes labels and pixels apart, in place.
fn records(path: &Path, mut bytes: Vec<u8>) -> Result<Images, Error> {
    let count = bytes.len() / RECORD as usize;
    let mut labels = Vec::with_capacity(count);
    for index in 0..count {
        let start = index * RECORD as usize;
        let label = bytes[start];
        if usize::from(label) >= CLASSES {
            return Err(Error::Label { path: path.to_owned(), index, found: label, classes: CLASSES });
        }
        labels.push(label);
        bytes.copy_within(start + 1..start + 1 + PIXELS, index * PIXELS);
    }
    bytes.truncate(count * PIXELS);
    Ok(Images { pixels: bytes, labels })
}

/// The five files of the training part behind one another; all six of one size.
fn join(path: &Path, mut parts: [Option<Images>; 6]) -> Result<Cifar10, Error> {
    let most = parts.iter().flatten().map(Images::len).max().unwrap_or(0);
    let mut train = Images::default();
    train.pixels.reserve_exact(5 * most * PIXELS);
    train.labels.reserve_exact(5 * most);
    let mut test = Images::default();
    for (which, images) in parts.iter_mut().enumerate() {
        let images = images.take().ok_or_else(|| missing(path, FILES[which]))?;
        if images.len() < most {
            let (expected, found) = (most as u64 * RECORD, images.len() as u64 * RECORD);
            return Err(Error::Truncated { path: path.join(FILES[which]), expected, found });
        }
        if which < 5 {
            train.pixels.extend_from_slice(&images.pixels);
            train.labels.extend_from_slice(&images.labels);
        } else {
            test = images;
        }
    }
    Ok(Cifar10 { train, test, class_names: CLASS_NAMES })
}

fn check_names(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let found = String::from_utf8_lossy(bytes);
    let found: Vec<&str> = found.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if found == CLASS_NAMES {
        return Ok(());
    }
    let mut found = found.join(", ");
    found.truncate(found.char_indices().nth(120).map_or(found.len(), |(end, _)| end));
    Err(Error::Names { path: path.to_owned(), expected: CLASS_NAMES.join(", "), found })
}

/// Writes the six files and the names of the classes into `dir`, which is made if it is not there.
///
/// [`load`] reads them back if the names are [`CLASS_NAMES`]; generated images have others unless one says so.
///
/// # Errors
/// If the training images cannot be divided into five files of the test's size, or a file cannot be written.
pub fn save(dir: &Path, data: &Cifar10) -> Result<(), Error> {
    let count = data.test.len();
    let fits = |images: &Images, want: usize| images.len() == want && images.pixels.len() == want * PIXELS;
    if count == 0 || !fits(&data.test, count) || !fits(&data.train, 5 * count) {
        return Err(Error::Unwritable {
            path: dir.to_owned(),
            expected: format!("{PIXELS} for each label, and five training images for each test image,"),
            found: data.train.pixels.len(),
        });
    }
    files::make_dir(dir)?;
    for (which, name) in FILES.iter().enumerate() {
        let (images, first) = if which < 5 { (&data.train, which * count) } else { (&data.test, 0) };
        files::write(&dir.join(name), |out| {
            for index in first..first + count {
                out.write_all(&[images.labels[index]])?;
                out.write_all(images.image(index))?;
            }
            Ok(())
        })?;
    }
    let names = data.class_names.join("\n") + "\n";
    files::write(&dir.join(META), |out| out.write_all(names.as_bytes()))
}

/// Looks for the files in `data`, else under `GRADUS_DATA`, else in the cache folder: in the folder itself, in
/// `cifar-10-batches-bin` or `cifar10` below it, unpacked or as the archive. `data` may also be the archive.
///
/// # Errors
/// If `data` is given and holds no file of CIFAR-10, or if `GRADUS_DATA` is no folder.
pub fn find(data: Option<&Path>) -> Result<Source, Error> {
    find_in(&Places::of_this_user(data))
}

/// [`find`] in given places.
///
/// # Errors
/// As [`find`].
pub fn find_in(places: &Places) -> Result<Source, Error> {
    places.find(&Wanted {
        set: Set::Cifar10,
        folders: &["", FOLDER, "cifar10", "cifar10/cifar-10-batches-bin"],
        is_there: &|dir| FILES.iter().any(|name| dir.join(name).exists()),
        archives: &[ARCHIVE, "cifar10/cifar-10-binary.tar.gz"],
        files: format!("{} and its five companions, or {ARCHIVE}", FILES[0]),
    })
}

/// Reads CIFAR-10 if [`find`] finds it, else makes up 6,000 + 1,000 images of shapes; the second value says which.
///
/// # Errors
/// As [`find`] and [`load`]: files that are there but damaged are an error, never replaced by made-up ones.
pub fn load_or_generate(data: Option<&Path>) -> Result<(Cifar10, Source), Error> {
    let source = find(data)?;
    let images = match &source {
        Source::Real(place) => load(place)?,
        Source::Generated { .. } => shapes::generate(0, 6_000, 1_000),
    };
    Ok((images, source))
}

/// What a program says about its data before it uses it; see [`Set::announce`].
pub fn announce(source: &Source) -> String {
    Set::Cifar10.announce(source)
}

/// Where the files come from and where they go.
pub fn how_to_get() -> String {
    Set::Cifar10.how_to_get()
}
