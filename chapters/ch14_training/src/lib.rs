//! # Chapter 14: training
//!
//! Built here: what stands around the training step of chapter 5 until one can leave it alone for a night.
//! [`Trainer::fit`] trains a [`Classifier`] with a schedule, clipping and early stopping, shows how far it is, writes a
//! [`History`], and keeps checkpoints from which a run goes on bit for bit, however it was ended; [`evaluate`] and
//! [`Confusion`], [`roc_auc`] and [`reliability`] say how good the result is; [`diagnose`](diagnose::diagnose) says why there
//! is none; [`events`] writes what TensorBoard draws, and the [`profiler`] and the [`MemoryAccount`] say where time and
//! memory go.
//!
//! It stands on losses (chapter 4), layers (5), saved weights (7), optimizers (9), schedules (10), early stopping (12) and
//! loaders (13).
//!
//! Left out: metrics of regression and of ranked lists, and training on more than one machine (chapter 23).

extern crate self as ch14_training;

mod begun_with;
mod calibration;
mod checked_file;
mod checkpoint;
mod classifier;
pub mod diagnose;
mod disk;
mod error;
mod evaluation;
pub mod events;
mod history;
mod kept;
mod layer_norms;
mod memory;
mod not_finite;
pub mod profiler;
mod progress;
mod roc;
mod run_dir;
mod running;
mod settings;
mod trainer;
mod writer;

#[cfg_attr(yours_accumulate, path = "../yours/e05_accumulate.rs")]
mod accumulate;

#[cfg_attr(yours_confusion, path = "../yours/e01_confusion.rs")]
mod confusion;

#[cfg_attr(yours_replace, path = "../yours/e02_replace.rs")]
mod replace;

#[cfg_attr(yours_slots, path = "../yours/e03_slots.rs")]
mod slots;

#[cfg_attr(yours_step, path = "../yours/e04_step.rs")]
mod step;

pub use accumulate::accumulated_step;
pub use calibration::{
    ReliabilityBin, brier_score, confidences, expected_calibration_error, fit_temperature, reliability,
};
pub use checked_file::{CheckedFileError, Saved};
pub use checkpoint::CheckpointError;
pub use classifier::Classifier;
pub use confusion::{Confusion, Scores};
pub use disk::{Content, Disk, RealDisk};
pub use error::TrainError;
pub use evaluation::{Evaluation, evaluate, top_k_accuracy};
pub use history::{EpochRow, History, HistoryError};
pub use memory::{MemoryAccount, measured_activations};
pub use replace::{folder, replace, temporary};
pub use roc::{RocPoint, roc_auc, roc_auc_one_vs_rest, roc_curve};
pub use run_dir::{Lock, RunDir, RunError};
pub use settings::{Monitor, Settings, Step};
pub use slots::{Slot, newest, next};
pub use step::{Measured, NotFinite, Recipe, right, train_step};
pub use trainer::Trainer;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
