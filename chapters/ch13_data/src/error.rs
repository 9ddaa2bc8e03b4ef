//! What can go wrong with the files of this chapter.

use std::io;
use std::path::{Path, PathBuf};

/// A vocabulary file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file does not hold what it should.
    #[error("{}: not a {kind}: {problem}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What it should have held.
        kind: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads a text.
pub(crate) fn read_text(path: &Path, kind: &'static str) -> Result<String, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::Io { path: path.into(), source })?;
    let wrong = |error: std::string::FromUtf8Error| DataError::Format {
        path: path.into(),
        kind,
        problem: error.to_string(),
    };
    String::from_utf8(bytes).map_err(wrong)
}

/// Reads a JSON object whose `format` and `version` are as wanted.
pub(crate) fn read_json(
    path: &Path,
    kind: &'static str,
    format: &str,
    version: u64,
) -> Result<serde_json::Value, DataError> {
    let text = read_text(path, kind)?;
    let wrong = |problem: String| DataError::Format { path: path.into(), kind, problem };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if value["format"] != format {
        return Err(wrong(format!("its format is {}, not {format:?}", value["format"])));
    }
    if value["version"] != version {
        return Err(wrong(format!("its version is {}, and only {version} is known here", value["version"])));
    }
    Ok(value)
}

/// Writes a file whole or not at all.
pub(crate) fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), DataError> {
    write_text(path, &format!("{value}\n"))
}

/// Writes a file whole or not at all.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), DataError> {
    ch01_tensors::write_atomic(path, text.as_bytes())
        .map_err(|source| DataError::Io { path: path.into(), source })
}
