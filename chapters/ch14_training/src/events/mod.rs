//! Event files, which TensorBoard draws: curves, histograms and pictures over the steps of a training.
//!
//! An event file is only ever added to. If the process is killed, its last record may end in the middle; readers leave
//! that out, and a resumed training begins a new file whose first event says from which step on the old one no longer
//! counts. Nothing is ever read back from it, so it needs none of the care that checkpoints get.
//!
//! Written by hand after TFRecord (tensorflow/core/lib/io/record_writer) and `event.proto`; read back by the real
//! package in `tests/interop/run tensorboard`. Left out: colours, sound, texts, graphs, and all that has a plugin.

mod crc32c;
mod encode;
mod png;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use thiserror::Error;

pub use crc32c::{crc32c, masked};
pub use encode::{Histogram, Said, message, record};
pub use png::png;

/// An event file could not be made or added to.
#[derive(Debug, Error)]
#[error("cannot write the event file {path}: {source}")]
pub struct EventError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Writes an event file.
#[derive(Debug)]
pub struct EventWriter {
    file: File,
    path: PathBuf,
    /// What is not written yet.
    waiting: Vec<u8>,
}

/// Bytes that may wait to be written.
const WAITING: usize = 1 << 16;

impl EventWriter {
    // ANCHOR: writer
    /// A new file in a folder, for a training that begins (0) or goes on at this step.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(folder: &Path, step: u64) -> Result<Self, EventError> {
        let seconds = now() as u64;
        let process = std::process::id();
        // TensorBoard goes by the name's beginning, and reads the files of a folder in the order of their names.
        for number in 0u32.. {
            let path = folder.join(format!("events.out.tfevents.{seconds:010}.gradus.{process}.{number}"));
            match File::options().append(true).create_new(true).open(&path) {
                Ok(file) => {
                    let mut writer = EventWriter { file, path, waiting: Vec::new() };
                    writer.write(0, Said::Version)?;
                    writer.write(step, Said::Start)?;
                    return writer.flush().map(|()| writer);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(source) => return Err(EventError { path, source }),
            }
        }
        unreachable!("there are numbers left")
    }

    fn write(&mut self, step: u64, said: Said<'_>) -> Result<(), EventError> {
        self.waiting.extend(record(&message(now(), step, said)));
        if self.waiting.len() > WAITING { self.flush() } else { Ok(()) }
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// When it refuses.
    pub fn flush(&mut self) -> Result<(), EventError> {
        let written = self.file.write_all(&self.waiting);
        // What was refused is not tried again: nobody knows how much of it is in the file already.
        self.waiting.clear();
        written.map_err(|source| EventError { path: self.path.clone(), source })
    }
    // ANCHOR_END: writer

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A point of the curve `tag`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), EventError> {
        self.write(step, Said::Scalar(tag, value as f32))
    }

    /// How numbers are distributed at this step.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn histogram(&mut self, tag: &str, step: u64, histogram: &Histogram) -> Result<(), EventError> {
        self.write(step, Said::Histogram(tag, histogram))
    }

    /// A grey picture, row by row, from 0 (black) to 1 (white).
    ///
    /// # Errors
    /// When the system refuses.
    ///
    /// # Panics
    /// When there are not as many pixels.
    pub fn image(
        &mut self,
        tag: &str,
        step: u64,
        [height, width]: [usize; 2],
        pixels: &[f32],
    ) -> Result<(), EventError> {
        assert_eq!(pixels.len(), height * width, "EventWriter::image: a number for each pixel");
        let png = png(height, width, pixels);
        let png = png.map_err(|source| EventError { path: self.path.clone(), source })?;
        self.write(step, Said::Image(tag, height as u64, width as u64, &png))
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        // Whoever wants to know calls `flush`.
        let _ = self.flush();
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
