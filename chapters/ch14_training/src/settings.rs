//! The choices of a training that are neither the model, nor the data, nor the optimizer.

use std::time::Duration;

use ch12_regularization::Goal;

/// How to train. Start from the default and change what should differ:
/// `Settings { epochs: 20, patience: Some(5), ..Settings::default() }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Passes over the training data. 10 unless told.
    pub epochs: u64,
    /// Gradients longer than this are shortened to it.
    pub clip_norm: Option<f64>,
    /// How much of each target is spread over all classes, in training only.
    pub label_smoothing: f64,
    /// What makes an epoch the best. Accuracy unless told.
    pub monitor: Monitor,
    /// Stop when so many epochs in a row were no better than the best one.
    pub patience: Option<usize>,
    /// Give the model the weights of the best epoch at the end (otherwise it keeps those of the last). True unless told.
    pub restore_best: bool,
    /// Write a checkpoint whenever this long has passed since the last. A minute unless told. There is one after each
    /// epoch in any case.
    pub checkpoint_every: Option<Duration>,
    /// Write a checkpoint after every so many steps too.
    pub checkpoint_steps: Option<u64>,
    /// Keep this many checkpoints beside the two that are written in turn; the oldest go first. None unless told.
    pub keep_last: usize,
    /// Take one step on so many batches together (the last step of an epoch on those that are left); a schedule then
    /// has `batches.div_ceil(accumulate)` steps per epoch. 1 unless told.
    pub accumulate: usize,
    /// Validate and keep running means of the weights, of which this share stays at each step; 0.999 remembers some
    /// thousand steps.
    pub ema: Option<f64>,
    /// Write down how long the gradient of each parameter is, after clipping, as a mean over each epoch.
    pub layer_norms: bool,
    /// Write an event file for TensorBoard into the run's folder: after each epoch, and after every so many steps.
    pub events: Option<u64>,
    /// Print nothing.
    pub quiet: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            epochs: 10,
            clip_norm: None,
            label_smoothing: 0.0,
            monitor: Monitor::Accuracy,
            patience: None,
            restore_best: true,
            checkpoint_every: Some(Duration::from_secs(60)),
            checkpoint_steps: None,
            keep_last: 0,
            accumulate: 1,
            ema: None,
            layer_norms: false,
            events: None,
            quiet: false,
        }
    }
}

/// The validation figure that tells a better epoch from a worse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// The share of right examples: what is asked for in the end, but it moves in jumps.
    Accuracy,
    /// The cross-entropy: smoother, and it also punishes being sure and wrong.
    Loss,
}

impl Monitor {
    /// Which way the figure gets better.
    pub fn goal(self) -> Goal {
        match self {
            Monitor::Accuracy => Goal::Largest,
            Monitor::Loss => Goal::Smallest,
        }
    }
}

/// What a hook is told after each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Batches of this epoch that are done.
    pub batch: u64,
    /// Batches in an epoch.
    pub batches: u64,
    /// Steps that are done in all.
    pub step: u64,
    /// The loss of the batch, before the step.
    pub loss: f64,
    /// How many of the batch's examples were right, before the step.
    pub right: usize,
    /// The norm of the gradient, before clipping.
    pub norm: f64,
    /// The learning rate.
    pub rate: f64,
    /// Seconds of training so far, those before a resume included.
    pub seconds: f64,
}
