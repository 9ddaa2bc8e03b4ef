//! An error for the person at the keyboard: what failed, why, and what can be done about it.

use std::fmt::Write;

use ch14_training::{CheckedFileError, CheckpointError, TrainError};

use crate::run::RunError;

/// The chain of causes, one per line, and a hint if there is one; never a backtrace.
pub fn explain(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut before = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors already quote their cause.
        if !before.contains(&cause) {
            writeln!(text, "  because: {cause}").expect("a string takes every text");
        }
        before = cause;
    }
    if let Some(hint) = error.chain().find_map(hint) {
        writeln!(text, "hint: {hint}").expect("a string takes every text");
    }
    text
}

fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<datasets::Error>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<RunError>() {
        return Some(error.hint());
    }
    if error.is::<ch00_start::figure::FigureError>() {
        return Some("make room on the disk, or choose a folder that you may write to with --out".into());
    }
    if let Some(error) = error.downcast_ref::<CheckpointError>() {
        return about_weights(error);
    }
    match error.downcast_ref::<TrainError>()? {
        TrainError::NotFinite { .. } => {
            Some("look for broken examples in the data; the last good checkpoint is untouched".into())
        }
        TrainError::OtherSettings(_) => {
            Some("go on with the data that the run was begun with, or begin a new run with --out".into())
        }
        TrainError::Checkpoint(error) => about_weights(error),
        _ => None,
    }
}

fn about_weights(error: &CheckpointError) -> Option<String> {
    match error {
        CheckpointError::File(CheckedFileError::Write { .. }) => Some(
            "make room on the disk, then go on with --resume RUN: the last good checkpoint is untouched"
                .into(),
        ),
        CheckpointError::File(CheckedFileError::NotFinite { .. }) => None,
        _ => Some("without these weights the run is of no use: begin a new one with another --out".into()),
    }
}
