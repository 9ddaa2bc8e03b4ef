//! Arrays and notes in a safetensors file that knows whether it is whole.
//!
//! The file has a note `checksum`: the CRC-32 of what the file would be without this note. Whoever reads it writes the
//! content once more, to nowhere, and compares. A CRC-32 finds every flipped bit and every damage of up to 32 bits in
//! a row; a larger one it misses once in four thousand million times. It is no protection against forgery.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ch01_tensors::Tensor;
use ch07_modules::{AnyTensor, safetensors};
use flate2::Crc;
use thiserror::Error;

use crate::{Disk, replace};

const CHECKSUM: &str = "checksum";

/// Arrays by name and texts by name.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// The arrays.
    pub tensors: BTreeMap<String, Tensor>,
    /// The texts.
    pub notes: BTreeMap<String, String>,
}

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum CheckedFileError {
    /// The file is not there.
    #[error("{0}: there is no such file")]
    Missing(PathBuf),
    /// The file could not be read, or is no safetensors file.
    #[error("cannot read {0}")]
    Read(#[source] safetensors::FileError),
    /// The content is not what was written.
    #[error("{path} is damaged: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The file could not be written; what stood there before still does.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Values that must never replace good ones.
    #[error("{path} was not written: {name} holds a value that is not finite")]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The array.
        name: String,
    },
}

/// Adds up what is written to it.
struct Sum(Crc);

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn checksum(tensors: &BTreeMap<String, AnyTensor>, notes: &BTreeMap<String, String>) -> io::Result<String> {
    let mut sum = Sum(Crc::new());
    safetensors::write_to(&mut sum, tensors, notes)?;
    Ok(format!("{:08x}", sum.0.sum()))
}

impl Saved {
    // ANCHOR: write
    /// Replaces the file; it appears whole or not at all.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or the disk refuses. What stood there before still does then.
    pub fn write(&self, disk: &dyn Disk, path: &Path) -> Result<(), CheckedFileError> {
        let finite = |tensor: &Tensor| tensor.clone().contiguous().data().iter().all(|x| x.is_finite());
        let bad = self.tensors.iter().find(|(_, tensor)| !finite(tensor));
        if let Some((name, _)) = bad {
            return Err(CheckedFileError::NotFinite { path: path.to_owned(), name: name.clone() });
        }
        let any = self.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone().into())).collect();
        let error = |source| CheckedFileError::Write { path: path.to_owned(), source };
        let mut notes = self.notes.clone();
        notes.remove(CHECKSUM);
        let sum = checksum(&any, &notes).map_err(error)?;
        notes.insert(CHECKSUM.to_owned(), sum);
        replace(disk, path, &|file| safetensors::write_to(file, &any, &notes)).map_err(error)
    }
    // ANCHOR_END: write

    /// Reads a file and makes sure that it is what was written.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is damaged.
    pub fn read(path: &Path) -> Result<Self, CheckedFileError> {
        let damaged = |problem: &str| {
            let problem = problem.to_owned();
            CheckedFileError::Damaged { path: path.to_owned(), problem }
        };
        let (any, mut notes) = safetensors::read_any(path).map_err(|error| match &error.problem {
            safetensors::Problem::Io(io) if io.kind() == io::ErrorKind::NotFound => {
                CheckedFileError::Missing(path.to_owned())
            }
            _ => CheckedFileError::Read(error),
        })?;
        let wanted = notes.remove(CHECKSUM).ok_or_else(|| damaged("it carries no checksum"))?;
        let found = checksum(&any, &notes).map_err(|error| damaged(&error.to_string()))?;
        if found != wanted {
            return Err(damaged(&format!("its checksum is {found}, but it says {wanted}")));
        }
        let mut tensors = BTreeMap::new();
        for (name, tensor) in any {
            let AnyTensor::F32(tensor) = tensor else {
                return Err(damaged(&format!("{name} holds {}, not F32", tensor.dtype())));
            };
            tensors.insert(name, tensor);
        }
        Ok(Saved { tensors, notes })
    }
}
