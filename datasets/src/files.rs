//! Whole files: read within a bound, written so that a name never stands for half a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// If it is no file, cannot be read, is longer than `most`, or ends before the length that the system gives.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    let expected = about.len();
    if expected > most {
        let limit = format!("and no such file has more than {most}");
        return Err(Error::Absurd { path: path.to_owned(), promised: expected.into(), limit });
    }
    let mut bytes = Vec::with_capacity(expected as usize);
    file.take(expected).read_to_end(&mut bytes).map_err(failed)?;
    let found = bytes.len() as u64;
    if found < expected {
        return Err(Error::Truncated { path: path.to_owned(), expected, found });
    }
    Ok(bytes)
}

/// Writes a file: under another name, synced, then renamed.
///
/// # Errors
/// If it cannot be written; nothing half-written is left behind.
pub fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let temporary = temporary_name(path);
    let attempt = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create(&temporary)?);
        content(&mut out)?;
        out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        fs::rename(&temporary, path)
    };
    attempt().map_err(|source| {
        // The name is ours; that there may be nothing to remove is no further error.
        let _ = fs::remove_file(&temporary);
        Error::Write { path: path.to_owned(), source }
    })
}

/// Makes a folder and those above it.
///
/// # Errors
/// If it cannot be made.
pub fn make_dir(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|source| Error::Write { path: dir.to_owned(), source })
}

/// A name beside `path` that no other process writes to.
pub fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
