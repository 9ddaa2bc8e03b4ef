//! Fetching a data set from where its authors publish it. Only with the feature `fetch`.
//!
//! [`fetch`] may be stopped at any moment, by a full disk, a pulled plug or `kill -9`: nothing is lost, and the next
//! call goes on. A name never stands for half a thing, because whatever is not finished has another name:
//! `NAME.part` for a file that is coming, `.unpacking` for a folder that is being filled. Only what
//! has the published SHA-256 is unpacked, and what is unpacked is renamed as a whole.

mod download;
mod error;
mod sources;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use download::Limits;
pub use error::FetchError;
pub use sources::{Item, NAMES, Recipe, recipe};

use crate::archive;

/// What happens, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// The data set was there before.
    There,
    /// So much of a file is on the disk.
    Download {
        /// The file.
        name: &'a str,
        /// Bytes that are there.
        have: u64,
        /// Bytes of the whole file.
        bytes: u64,
    },
    /// A try failed; the next one comes after a pause.
    Again {
        /// What happened.
        why: &'a FetchError,
        /// How long to wait.
        pause: Duration,
    },
    /// The checksum is being computed.
    Verify {
        /// The file.
        name: &'a str,
    },
    /// So many files came out of the archive.
    Unpack {
        /// The number of files.
        files: u64,
    },
}

/// Fetches a data set into its folder below `data`; the folder that then holds it.
///
/// # Errors
/// See [`FetchError`]. What was fetched before the error is kept, unless it was proved wrong.
pub fn fetch(
    recipe: &Recipe,
    data: &Path,
    limits: &Limits,
    report: &mut dyn FnMut(Event),
) -> Result<PathBuf, FetchError> {
    let dir = data.join(recipe.folder);
    fs::create_dir_all(&dir).map_err(FetchError::disk(&dir))?;
    let _lock = Lock::take(&dir)?;
    let target = recipe.unpack.map_or(dir.clone(), |top| dir.join(top));
    match (recipe.check)(&target) {
        Ok(()) => {
            clean_up(recipe, &dir)?;
            report(Event::There);
            return Ok(target);
        }
        // Files are replaced one by one; a folder that somebody put there is not ours to remove.
        Err(source) if recipe.unpack.is_some() && target.exists() => {
            return Err(FetchError::InTheWay { path: target, source });
        }
        Err(_) => {}
    }
    for item in &recipe.items {
        let path = download::download(item, &dir, limits, report)?;
        if let Some(top) = recipe.unpack {
            unpack(&path, &dir, top, report)?;
        }
    }
    clean_up(recipe, &dir)?;
    Ok(target)
}

/// Removes what is not needed once the data set is there; a call that was killed may not have come to that.
fn clean_up(recipe: &Recipe, dir: &Path) -> Result<(), FetchError> {
    let scratch = dir.join(UNPACKING);
    for item in &recipe.items {
        download::remove_tag(item, dir)?;
        // Only an archive that we have unpacked.
        if scratch.exists() {
            download::remove(&dir.join(&item.name))?;
        }
    }
    remove_folder(&scratch)
}

/// Held until it is dropped, or until the process ends, however it ends.
struct Lock(File);

impl Lock {
    fn take(dir: &Path) -> Result<Lock, FetchError> {
        let path = dir.join(".lock");
        let file = File::create(&path).map_err(FetchError::disk(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy { dir: dir.to_owned() }),
            // Some file systems have no locks: better without than not at all.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(Lock(file)),
            Err(TryLockError::Error(error)) => Err(FetchError::disk(&path)(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough while a process that was just started still has a copy of the handle.
        let _ = self.0.unlock();
    }
}

/// Where an archive is unpacked to. It goes away last, so that it tells of a call that was killed after it.
const UNPACKING: &str = ".unpacking";

/// Unpacks the folder `top` of an archive into `dir`: beside its place, then renamed.
fn unpack(archive: &Path, dir: &Path, top: &str, report: &mut dyn FnMut(Event)) -> Result<(), FetchError> {
    let scratch = dir.join(UNPACKING);
    // Of a call that was killed: the lock says that nobody is at work on it.
    remove_folder(&scratch)?;
    let mut files = 0;
    let unpacked = archive::visit(archive, &mut |member| {
        member.copy_below(&scratch)?;
        files += 1;
        report(Event::Unpack { files });
        Ok(())
    });
    let renamed = unpacked.map_err(FetchError::Unpack).and_then(|()| {
        let (from, to) = (scratch.join(top), dir.join(top));
        fs::rename(from, &to).map_err(FetchError::disk(&to))?;
        sync_folder_of(&to);
        Ok(())
    });
    // The room may be needed, and the archive is still there.
    renamed.or_else(|error| remove_folder(&scratch).and(Err(error)))
}

fn remove_folder(path: &Path) -> Result<(), FetchError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::disk(path)(error)),
        _ => Ok(()),
    }
}

/// Makes a new name last through a power cut, where the system can do that.
fn sync_folder_of(path: &Path) {
    if let Some(Ok(dir)) = path.parent().map(File::open) {
        // Not every system lets one sync a folder; the name is there all the same.
        let _ = dir.sync_all();
    }
}
