//! What can go wrong while fetching, in words for the person at the keyboard.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A download or an unpacking that did not come to its end. What was fetched stays where it is, and the next call
/// goes on from there, unless it was proved wrong.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No data set of this name can be fetched.
    #[error("no data set is called {name:?}: there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The server answered, but not with the file.
    #[error("{url}: the server answers {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{url}: {what}")]
    Connection {
        /// The address.
        url: String,
        /// What the network said.
        what: String,
    },
    /// Nothing came for too long.
    #[error("{url}: nothing came for {} s", .waited.as_secs_f64())]
    Stalled {
        /// The address.
        url: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The data ended before its end.
    #[error("{url}: the connection ended after {found} of {expected} bytes")]
    Truncated {
        /// The address.
        url: String,
        /// The length of the file.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// What the server offers has another length than the file.
    #[error("{url}: offers {found} bytes, but the file has {expected}")]
    Length {
        /// The address.
        url: String,
        /// The length of the file.
        expected: u64,
        /// The length offered, in words.
        found: String,
    },
    /// All bytes came, but they are not those of the file.
    #[error("{url}: the checksum is wrong: expected {expected}, found {found}")]
    Checksum {
        /// The address.
        url: String,
        /// The published SHA-256.
        expected: String,
        /// That of what came.
        found: String,
    },
    /// Tried again and again.
    #[error("gave up after {tries} tries, with {have} of {bytes} bytes")]
    GaveUp {
        /// How often it was tried.
        tries: u32,
        /// Bytes that are there.
        have: u64,
        /// Bytes of the whole file.
        bytes: u64,
        /// Why the last try failed.
        source: Box<FetchError>,
    },
    /// A file or folder could not be written, read or renamed.
    #[error("cannot write {}", .path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process is fetching into the same folder.
    #[error("another process is fetching into {}", .dir.display())]
    Busy {
        /// The folder.
        dir: PathBuf,
    },
    /// What lies in the place of the data set is not the whole of it.
    #[error("{} is there, but damaged", .path.display())]
    InTheWay {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::Error,
    },
    /// The archive could not be unpacked.
    #[error("cannot unpack")]
    Unpack(#[source] crate::Error),
}

impl FetchError {
    /// For `map_err`: an error about the file or folder `path`.
    pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> FetchError {
        |source| FetchError::Disk { path: path.to_owned(), source }
    }

    /// What the person at the keyboard can do about it.
    pub fn hint(&self) -> String {
        match self {
            FetchError::Unknown { .. } => "choose one of these names".into(),
            FetchError::Status { .. } => "the file may have moved: look at the address with a browser".into(),
            FetchError::Connection { .. } | FetchError::Stalled { .. } | FetchError::Truncated { .. } => {
                "check the network; the next call goes on where this one ended".into()
            }
            FetchError::Length { .. } | FetchError::Checksum { .. } => {
                "this is not the published file; perhaps something between you and the server (a login page, a \
                 proxy) changes it: nothing of it was kept"
                    .into()
            }
            FetchError::GaveUp { source, .. } => source.hint(),
            FetchError::Disk { source, .. } => disk_hint(source),
            FetchError::Busy { .. } => "wait for it to end".into(),
            FetchError::InTheWay { path, .. } => {
                format!("remove {} (or move it away) and fetch again", path.display())
            }
            FetchError::Unpack(crate::Error::Write { source, .. }) => disk_hint(source),
            FetchError::Unpack(error) => error.hint(),
        }
    }
}

fn disk_hint(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: make room, or choose another folder with --dir; the next call goes on from here".into()
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to with --dir".into()
        }
        _ => "check that the folder exists and that you may write to it".into(),
    }
}
