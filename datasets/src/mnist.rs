//! MNIST: 60,000 + 10,000 handwritten digits of 28 x 28 grey pixels (LeCun, Cortes, Burges, 1998).
//!
//! Four IDX files, gzipped as published or unpacked: images `[count, 28, 28]` and labels `[count]` for training and
//! test. A pixel is 0 (paper) to 255 (ink), row by row from the top left; a label is the digit. This is the order
//! of `torchvision.datasets.MNIST`, so image 0 of the test set is the same 7 everywhere.
//!
//! [`load_or_generate`] is what experiments call: it reads the files if they are anywhere, else it makes digits up
//! ([`crate::digits`]), and says which; [`announce`] puts that into words that nobody overlooks.

use std::path::{Path, PathBuf};

use crate::locate::{Places, Wanted};
use crate::{Error, Set, Source, digits, files, idx};

/// Height and width of the images.
pub const SIZE: usize = 28;

/// Number of classes: the digits 0 to 9.
pub const CLASSES: usize = 10;

/// Mean and standard deviation of a pixel over 255, over the training images: what makes inputs of mean 0 and deviation 1.
pub const STATISTICS: [f32; 2] = [0.1307, 0.3081];

/// Where a copy of the original files is published.
pub const ADDRESS: &str = "https://ossci-datasets.s3.amazonaws.com/mnist/";

const TRAIN: [&str; 2] = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
const TEST: [&str; 2] = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// Both parts of the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mnist {
    /// For learning.
    pub train: Images,
    /// For measuring, once, at the end.
    pub test: Images,
}

/// Grey images with their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// `[count, rows, cols]`, row by row; 0 is paper, 255 is ink.
    pub pixels: Vec<u8>,
    /// `[count]`, each 0 to 9.
    pub labels: Vec<u8>,
    /// Height of an image.
    pub rows: usize,
    /// Width of an image.
    pub cols: usize,
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

    /// The pixels of image `index`: `[rows, cols]`.
    ///
    /// # Panics
    /// If there are not so many images.
    #[track_caller]
    pub fn image(&self, index: usize) -> &[u8] {
        assert!(index < self.len(), "image {index} of {} images", self.len());
        let size = self.rows * self.cols;
        &self.pixels[index * size..(index + 1) * size]
    }
}

/// Reads the four files in `dir`, each plain or gzipped.
///
/// # Errors
/// If a file is missing, unreadable, damaged, of another shape, or if images and labels do not fit together.
pub fn load(dir: &Path) -> Result<Mnist, Error> {
    Ok(Mnist { train: load_part(dir, TRAIN)?, test: load_part(dir, TEST)? })
}

fn load_part(dir: &Path, [images, labels]: [&str; 2]) -> Result<Images, Error> {
    let images_path = file_in(dir, images)?;
    let labels_path = file_in(dir, labels)?;
    // The labels first: they are small, so that most mistakes are found at once.
    let labels = idx::read(&labels_path, &[None])?.bytes;
    if labels.is_empty() {
        return Err(Error::Empty { path: labels_path });
    }
    if let Some(index) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        return Err(Error::Label { path: labels_path, index, found: labels[index], classes: CLASSES });
    }
    let images = idx::read(&images_path, &[None, Some(SIZE), Some(SIZE)])?;
    if images.shape[0] != labels.len() {
        let (images, labels) = (images.shape[0], labels.len());
        return Err(Error::Counts { images_path, images, labels_path, labels });
    }
    Ok(Images { pixels: images.bytes, labels, rows: SIZE, cols: SIZE })
}

/// The names under which a file is published: with a dash and, in some copies, with a dot.
fn names(name: &str) -> [String; 4] {
    let dotted = name.replace("-idx", ".idx");
    [format!("{name}.gz"), name.to_owned(), format!("{dotted}.gz"), dotted]
}

fn file_in(dir: &Path, name: &str) -> Result<PathBuf, Error> {
    let missing = || Error::NotFound {
        dir: dir.to_owned(),
        set: Set::Mnist,
        partly: true,
        expected: format!("{name}.gz or {name}"),
    };
    names(name).into_iter().map(|name| dir.join(name)).find(|path| path.exists()).ok_or_else(missing)
}

/// Writes the four files, gzipped and named as published, into `dir`, which is made if it is not there.
///
/// # Errors
/// If the pixels do not fit the labels, or a file cannot be written.
pub fn save(dir: &Path, mnist: &Mnist) -> Result<(), Error> {
    files::make_dir(dir)?;
    for (part, [images, labels]) in [(&mnist.train, TRAIN), (&mnist.test, TEST)] {
        let shape = [part.len(), part.rows, part.cols];
        idx::write(&dir.join(format!("{images}.gz")), &shape, &part.pixels)?;
        idx::write(&dir.join(format!("{labels}.gz")), &[part.len()], &part.labels)?;
    }
    Ok(())
}

/// Looks for the files in `data`, else under `GRADUS_DATA`, else in the cache folder: in the folder itself, in
/// `mnist` below it, and where torchvision puts them.
///
/// # Errors
/// If `data` is given and holds no file of MNIST, or if `GRADUS_DATA` is no folder.
pub fn find(data: Option<&Path>) -> Result<Source, Error> {
    find_in(&Places::of_this_user(data))
}

/// [`find`] in given places.
///
/// # Errors
/// As [`find`].
pub fn find_in(places: &Places) -> Result<Source, Error> {
    // One file is enough to know the folder: that the others are missing is then an error, not a reason to go on.
    let is_there = |dir: &Path| {
        TRAIN.iter().chain(&TEST).any(|name| names(name).iter().any(|name| dir.join(name).exists()))
    };
    places.find(&Wanted {
        set: Set::Mnist,
        folders: &["", "mnist", "MNIST/raw"],
        is_there: &is_there,
        archives: &[],
        files: format!("{}.gz and its three companions", TRAIN[0]),
    })
}

/// Reads MNIST if [`find`] finds it, else makes up 12,000 + 2,000 digits; the second value says which.
///
/// # Errors
/// As [`find`] and [`load`]: files that are there but damaged are an error, never replaced by made-up ones.
pub fn load_or_generate(data: Option<&Path>) -> Result<(Mnist, Source), Error> {
    let source = find(data)?;
    let mnist = match &source {
        Source::Real(dir) => load(dir)?,
        Source::Generated { .. } => digits::generate(0, 12_000, 2_000),
    };
    Ok((mnist, source))
}

/// What a program says about its data before it uses it; see [`Set::announce`].
pub fn announce(source: &Source) -> String {
    Set::Mnist.announce(source)
}

/// What was used, for records: "MNIST" or "generated digits".
pub fn name(source: &Source) -> &'static str {
    Set::Mnist.name_of(source)
}

/// Where the files come from and where they go.
pub fn how_to_get() -> String {
    Set::Mnist.how_to_get()
}

/// The names of the four files, as published, between commas.
pub(crate) fn file_names() -> String {
    [TRAIN, TEST].concat().join(".gz, ") + ".gz"
}
