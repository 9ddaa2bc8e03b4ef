//! Why a training ended before its time.

use thiserror::Error;

use crate::events::EventError;
use crate::{CheckpointError, RunError};

/// Why a training could not begin, or had to end. What was saved before is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The run folder cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A checkpoint could not be written, read or used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The event file could not be written.
    #[error(transparent)]
    Events(#[from] EventError),
    /// A run was to be resumed that was begun otherwise.
    #[error("this run was begun otherwise, and would not go on as it began: {0}")]
    OtherSettings(String),
    /// There is nothing to train or to validate on.
    #[error("the {0} data has no batch")]
    NoData(&'static str),
    /// A label that the model has no class for.
    #[error("epoch {epoch}, step {step}: the label {label} is none of the model's {classes} classes")]
    Label {
        /// The epoch, from 1 as in what is printed.
        epoch: u64,
        /// The step, from 0.
        step: u64,
        /// The label.
        label: i64,
        /// How many classes the model has.
        classes: usize,
    },
    /// A NaN or an infinity. The weights of the last good checkpoint are untouched.
    #[error("epoch {epoch}, step {step}: {what} is {value}: {cause}")]
    NotFinite {
        /// The epoch, from 1 as in what is printed.
        epoch: u64,
        /// The step, from 0.
        step: u64,
        /// What is not finite: the loss, the gradient, the validation loss.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Where it came from, as far as can be told.
        cause: String,
    },
}
