//! Why published weights could not be loaded or written.

use std::path::PathBuf;

use ch07_modules::{StateError, safetensors};

/// What went wrong with a folder of published weights.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The configuration.
    #[error("{}: {problem}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of weights.
    #[error(transparent)]
    File(#[from] safetensors::FileError),
    /// The words.
    #[error(transparent)]
    Words(#[from] ch13_data::DataError),
    /// Weights that are missing, too much, or of another shape.
    #[error("{}: {names}", path.display())]
    Names {
        /// The file.
        path: PathBuf,
        /// What does not fit, by the names in the file.
        names: StateError,
    },
}
