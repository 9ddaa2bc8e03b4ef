//! What can go wrong with a file of data: each variant names the file, what was expected and what was found.

use std::io;
use std::path::PathBuf;

use crate::Set;

/// A data file that is missing, unreadable or not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder that was asked for holds no such data set.
    #[error("{} holds no {}{set}: expected {expected} there", .dir.display(), if *.partly { "complete " } else { "" })]
    NotFound {
        /// The folder that was searched.
        dir: PathBuf,
        /// The data set.
        set: Set,
        /// Whether a part of it is there.
        partly: bool,
        /// The names that would have been accepted.
        expected: String,
    },
    /// The file (or folder) could not be opened or read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file could not be written; nothing half-written was left behind.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The gzip stream is damaged: a bad block, or a checksum that does not match.
    #[error("{}: damaged gzip stream", .path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: io::Error,
    },
    /// The first four bytes are not those of the file that was expected.
    #[error("{}: wrong magic number: expected {expected}, found {found}", .path.display())]
    Magic {
        /// The file.
        path: PathBuf,
        /// The bytes that were expected, and what they mean.
        expected: String,
        /// The bytes that were found, and what they mean.
        found: String,
    },
    /// The header describes elements of another shape, for example images of 32 x 32 pixels.
    #[error("{}: wrong shape: expected {expected}, the header says {found}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The expected shape; `_` stands for any size.
        expected: String,
        /// The shape in the header.
        found: String,
    },
    /// The header promises more than the file can hold, or more than any file we read.
    #[error("{}: absurd size: the header promises {promised} bytes, {limit}", .path.display())]
    Absurd {
        /// The file.
        path: PathBuf,
        /// What the header promises, in bytes.
        promised: u128,
        /// The bound it breaks, in words.
        limit: String,
    },
    /// The data ends early.
    #[error("{}: truncated: expected {expected} bytes, found {found}", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that the header promises, the header included (after unpacking).
        expected: u64,
        /// Bytes that are there (after unpacking).
        found: u64,
    },
    /// The data goes on behind its end.
    #[error("{}: too long: expected {expected} bytes, found {found}", .path.display())]
    Trailing {
        /// The file.
        path: PathBuf,
        /// Bytes that the header promises, the header included (after unpacking).
        expected: u64,
        /// Bytes that are there, in words (a gzip stream is not unpacked to its end to find out).
        found: String,
    },
    /// Two files that belong together hold different numbers of elements.
    #[error("{} holds {images} images, but {} holds {labels} labels", .images_path.display(), .labels_path.display())]
    Counts {
        /// The file with the images.
        images_path: PathBuf,
        /// How many images it holds.
        images: usize,
        /// The file with the labels.
        labels_path: PathBuf,
        /// How many labels it holds.
        labels: usize,
    },
    /// A label names no class.
    #[error("{}: label {index} is {found}: expected 0 to {}", .path.display(), .classes - 1)]
    Label {
        /// The file.
        path: PathBuf,
        /// The position of the label, from 0.
        index: usize,
        /// Its value.
        found: u8,
        /// The number of classes.
        classes: usize,
    },
    /// The file (or folder) is well formed and holds nothing.
    #[error("{}: empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The archive is damaged: its headers make no sense, or it ends before its end.
    #[error("{}: damaged archive", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What the reader said.
        source: io::Error,
    },
    /// The archive holds something that no honest archive of data holds; nothing of it was used.
    #[error("{}: refused: the entry {entry} {why}", .path.display())]
    Unsafe {
        /// The archive.
        path: PathBuf,
        /// The path in the archive.
        entry: String,
        /// What is wrong with it: "has an absolute path".
        why: &'static str,
    },
    /// The same part is there twice, so that one of the two is wrong.
    #[error("{}: there twice", .path.display())]
    Twice {
        /// The second of the two.
        path: PathBuf,
    },
    /// The name of a file does not say what it must say.
    #[error("{}: wrong name: expected {expected}", .path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The names that are right, in words.
        expected: &'static str,
    },
    /// Files are numbered from 0 without a gap, and one is missing.
    #[error("{}: incomplete: there are {found} files, but none with the number {missing}", .path.display())]
    Gap {
        /// The folder.
        path: PathBuf,
        /// The first number that is missing.
        missing: usize,
        /// The number of files there.
        found: usize,
    },
    /// Two folders that hold equally many files hold different numbers.
    #[error("{}: incomplete: {found} reviews, but there are {others} of the other kind", .path.display())]
    Unbalanced {
        /// The folder with fewer.
        path: PathBuf,
        /// The number of files there.
        found: usize,
        /// The number of files in the other.
        others: usize,
    },
    /// A text that is no UTF-8.
    #[error("{}: not UTF-8 at byte {at}", .path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// The first byte that belongs to no character.
        at: usize,
    },
    /// The classes have other names than they should: this is another data set.
    #[error("{}: wrong names of classes: expected {expected}, found {found}", .path.display())]
    Names {
        /// The file.
        path: PathBuf,
        /// The names of the classes.
        expected: String,
        /// The beginning of what is there.
        found: String,
    },
    /// Images in memory that do not fit together, so that they were not written.
    #[error("{}: not written: expected {expected} bytes for this shape, found {found}", .path.display())]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// The number of bytes that the shape asks for, in words.
        expected: String,
        /// The number of bytes given.
        found: usize,
    },
}

impl Error {
    /// What the person at the keyboard can do about it: a line, or a few when files have to be fetched.
    pub fn hint(&self) -> String {
        match self {
            Error::NotFound { set, .. } => set.how_to_get(),
            Error::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => "check the path".into(),
            Error::Read { .. } => "check that it is a file and that you may read it".into(),
            Error::Write { .. } => {
                "check that the folder exists, that you may write to it, and that the disk is not full".into()
            }
            Error::Unwritable { .. } => "the pixels, the labels and the shape must agree".into(),
            Error::Unsafe { .. } => {
                "this is not the original archive: fetch it from its official address".into()
            }
            Error::Name { .. } | Error::Twice { .. } => "remove what is not from the original archive".into(),
            Error::Magic { .. } | Error::Shape { .. } | Error::Names { .. } => {
                "this is another file than its name says: put the original in its place".into()
            }
            _ => "the file is damaged or was not fetched to its end: fetch it again".into(),
        }
    }
}
