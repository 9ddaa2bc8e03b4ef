//! # Chapter 14: training
//!
//! Built here: what stands around the training step of chapter 5 until one can leave it alone for a night.
//! [`Trainer::fit`] trains a [`Classifier`] with a schedule, clipping and early stopping, shows how far it is, writes a
//! [`History`], and keeps checkpoints from which a run goes on bit for bit, however it was ended; [`evaluate`] and
//! [`Confusion`] say how good the result is; [`diagnose`](diagnose::diagnose) says why there is none.
//!
//! It stands on losses (chapter 4), layers (5), saved weights (7), optimizers (9), schedules (10), early stopping (12) and
//! loaders (13).
//!
//! Left out, and to come: the area under the ROC curve and calibration, event files for TensorBoard, averaged weights
//! (EMA), gradient accumulation, keeping more than two checkpoints, the profiler and the memory account.

extern crate self as ch14_training;

mod begun_with;
mod checked_file;
mod checkpoint;
mod classifier;
pub mod diagnose;
mod disk;
mod error;
mod evaluation;
mod history;
mod not_finite;
mod progress;
mod run_dir;
mod settings;
mod trainer;
mod writer;

#[cfg_attr(yours_confusion, path = "../yours/e01_confusion.rs")]
mod confusion;

#[cfg_attr(yours_replace, path = "../yours/e02_replace.rs")]
mod replace;

#[cfg_attr(yours_slots, path = "../yours/e03_slots.rs")]
mod slots;

#[cfg_attr(yours_step, path = "../yours/e04_step.rs")]
mod step;

pub use checked_file::{CheckedFileError, Saved};
pub use checkpoint::CheckpointError;
pub use classifier::Classifier;
pub use confusion::{Confusion, Scores};
pub use disk::{Content, Disk, RealDisk};
pub use error::TrainError;
pub use evaluation::{Evaluation, evaluate, top_k_accuracy};
pub use history::{EpochRow, History, HistoryError};
pub use replace::{folder, replace, temporary};
pub use run_dir::{Lock, RunDir, RunError};
pub use settings::{Monitor, Settings, Step};
pub use slots::{Slot, newest, next};
pub use step::{Measured, NotFinite, Recipe, train_step};
pub use trainer::Trainer;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
