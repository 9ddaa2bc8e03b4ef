//! The command line.

use std::fs;
use std::path::PathBuf;

use ch00_start::file::{workspace_root, write_atomic};
use clap::Parser;

/// Trains a neural network to read digits: on MNIST if it is there, else on generated digits.
///
/// Without flags it ends in under two minutes on two cores. The same seed gives the same result.
#[derive(Clone, Debug, Parser)]
#[command(name = "gradus", version)]
pub struct Args {
    /// Folder with MNIST's files; else $GRADUS_DATA and the cache folder are searched
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// How often the network sees every training image
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub epochs: u32,

    /// Seed of everything random: the first weights and the order of the images
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,

    /// Folder for the figures, made if it is not there [default: runs/mnist in this workspace]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The folder for the figures cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the output folder {}", .path.display())]
pub struct OutError {
    /// The folder.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: std::io::Error,
}

impl Args {
    /// Makes the folder for the figures, and makes sure that a file can be written there.
    pub(crate) fn prepare_out(&self) -> Result<PathBuf, OutError> {
        let path = self.out.clone().unwrap_or_else(|| workspace_root().join("runs").join("mnist"));
        let probe = path.join(format!("can-write-{}", std::process::id()));
        let tried = fs::create_dir_all(&path)
            .and_then(|()| write_atomic(&probe, b""))
            .and_then(|()| fs::remove_file(&probe));
        match tried {
            Ok(()) => Ok(path),
            Err(source) => Err(OutError { path, source }),
        }
    }
}
