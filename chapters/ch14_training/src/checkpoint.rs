//! All that training needs to go on as if it had never stopped.
//!
//! A step is a function of its input: the weights, the buffers, what the optimizer remembers, the step's number (which
//! gives the learning rate), the batch (which the loader makes from the seed, the epoch and the batch's number) and the
//! position of every random stream. A checkpoint holds exactly these, and beside them what the record of the training
//! needs: the sums of the running epoch, the history, the state of early stopping, and a few settings, so that nobody
//! resumes with others by mistake.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use ch01_tensors::{Position, Shape, Tensor};
use ch05_backprop::{Entry, Module, Visitor};
use ch07_modules::{load_state_dict, state_dict};
use ch09_optimizers::Optimizer;
use ch12_regularization::EarlyStopping;
use thiserror::Error;

use crate::{CheckedFileError, EpochRow, History, RunDir, Saved, Slot, newest};

/// Why a checkpoint could not be written or used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] CheckedFileError),
    /// The file is whole, but is no checkpoint of this model, optimizer or version.
    #[error("{path} does not fit: {problem}")]
    Fit {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// There are checkpoints, and none is whole.
    #[error("no checkpoint is whole: {0}")]
    NoneWhole(String),
}

// ANCHOR: place
/// Where a training stands, beside the weights, the optimizer and the random streams.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The epoch that is under way, from 0.
    pub epoch: u64,
    /// How many of its batches are done.
    pub batch: u64,
    /// How many steps are done in all; the next step's number.
    pub step: u64,
    /// Sums over the batches of this epoch.
    pub sums: Sums,
    /// The learning rate of the last step.
    pub rate: f64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// What early stopping has seen.
    pub stopping: EarlyStopping,
    /// Whether early stopping has ended the training.
    pub stopped: bool,
    /// The epochs that are over.
    pub history: History,
}

/// Sums over the batches of an epoch so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// Of the losses, each times the examples of its batch.
    pub loss: f64,
    /// Of the gradients' norms.
    pub norm: f64,
    /// Examples that were right.
    pub right: u64,
    /// Examples.
    pub examples: u64,
    /// Of the norm of each parameter's gradient, if they are asked for.
    pub layers: Vec<f64>,
}
// ANCHOR_END: place

// ANCHOR: capture
/// Takes a snapshot. The arrays share their storage with the model, and whoever writes first copies: so this takes
/// no time to speak of, and training may go on while the snapshot is written.
pub fn capture(
    model: &mut dyn Module,
    optimizer: &mut dyn Optimizer,
    place: &Place,
    settings: &BTreeMap<String, String>,
) -> Saved {
    let mut content = Saved::default();
    content
        .tensors
        .extend(state_dict(model).into_iter().map(|(name, array)| (format!("model.{name}"), array)));
    optimizer.visit_state(model, &mut |name, array| {
        content.tensors.insert(format!("optimizer.{name}"), array.clone());
    });
    let mut note = |name: String, value: &dyn Display| content.notes.insert(name, value.to_string());
    model.visit(&mut Visitor::new(&mut |path, entry| {
        if let Entry::Stream(stream) = entry {
            let Position { words, spare } = stream.position();
            let spare = spare.map_or("none".to_owned(), |spare| spare.to_string());
            note(format!("stream.{path}"), &format_args!("{words} {spare}"));
        }
    }));
    note("optimizer.steps".to_owned(), &optimizer.steps());
    place.note(&mut note);
    settings.iter().for_each(|(name, value)| drop(note(format!("setting.{name}"), value)));
    content
}
// ANCHOR_END: capture

impl Sums {
    /// Per example.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.examples as f64
    }

    /// The share of examples that were right.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.examples as f64
    }
}

impl Place {
    /// The beginning.
    pub fn start(stopping: EarlyStopping) -> Self {
        let (sums, history) = Default::default();
        let (rate, seconds) = (0.0, 0.0);
        Place { epoch: 0, batch: 0, step: 0, sums, rate, seconds, stopping, stopped: false, history }
    }

    /// The beginning of the next epoch.
    pub fn end_epoch(&mut self, row: EpochRow, stopped: bool) {
        self.history.epochs.push(row);
        self.epoch += 1;
        self.batch = 0;
        self.sums = Sums::default();
        self.stopped = stopped;
    }

    /// Rust prints a float with as many digits as it takes to read the same bits back.
    fn note(&self, note: &mut dyn FnMut(String, &dyn Display) -> Option<String>) {
        if !self.sums.layers.is_empty() {
            let layers: Vec<String> = self.sums.layers.iter().map(f64::to_string).collect();
            note("sum.layers".to_owned(), &layers.join(" "));
        }
        let best = self.stopping.best.map_or("none".to_owned(), |best| best.to_string());
        let all: [(&str, &dyn Display); 14] = [
            ("epoch", &self.epoch),
            ("batch", &self.batch),
            ("step", &self.step),
            ("sum.loss", &self.sums.loss),
            ("sum.norm", &self.sums.norm),
            ("sum.right", &self.sums.right),
            ("sum.examples", &self.sums.examples),
            ("rate", &self.rate),
            ("seconds", &self.seconds),
            ("best", &best),
            ("best_at", &self.stopping.best_at),
            ("observed", &self.stopping.observed),
            ("stopped", &self.stopped),
            ("history", &self.history.to_csv()),
        ];
        for (name, value) in all {
            note(name.to_owned(), value);
        }
    }

    /// The place that the notes of a checkpoint describe; `stopping` gives the goal and the patience.
    fn from_notes(notes: &BTreeMap<String, String>, stopping: &EarlyStopping) -> Result<Self, String> {
        let history =
            History::from_csv(text(notes, "history")?, "in it").map_err(|error| error.to_string())?;
        let (epoch, over) = (number(notes, "epoch")?, history.epochs.len() as u64);
        if epoch != over {
            return Err(format!("it is in epoch {epoch}, and its history has {over}"));
        }
        let best = match text(notes, "best")? {
            "none" => None,
            _ => Some(number(notes, "best")?),
        };
        Ok(Place {
            epoch,
            batch: number(notes, "batch")?,
            step: number(notes, "step")?,
            sums: Sums {
                loss: number(notes, "sum.loss")?,
                norm: number(notes, "sum.norm")?,
                right: number(notes, "sum.right")?,
                examples: number(notes, "sum.examples")?,
                layers: numbers(notes, "sum.layers")?,
            },
            rate: number(notes, "rate")?,
            seconds: number(notes, "seconds")?,
            stopping: EarlyStopping {
                best,
                best_at: number(notes, "best_at")?,
                observed: number(notes, "observed")?,
                ..stopping.clone()
            },
            stopped: number(notes, "stopped")?,
            history,
        })
    }
}

fn text<'a>(notes: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, String> {
    notes.get(name).map(String::as_str).ok_or_else(|| format!("it has no note `{name}`"))
}

/// Numbers between blanks; none if there is no such note.
fn numbers(notes: &BTreeMap<String, String>, name: &str) -> Result<Vec<f64>, String> {
    let text = notes.get(name).map_or("", String::as_str);
    let number = |part: &str| part.parse().map_err(|_| format!("its note `{name}` is '{text}'"));
    text.split_whitespace().map(number).collect()
}

fn number<N: FromStr>(notes: &BTreeMap<String, String>, name: &str) -> Result<N, String> {
    let text = text(notes, name)?;
    text.parse().map_err(|_| format!("its note `{name}` is '{text}'"))
}

/// Puts a model and an optimizer back where the snapshot was taken, and says where that is.
///
/// # Errors
/// With everything that does not fit; model and optimizer are unchanged then.
pub fn restore(
    content: &Saved,
    model: &mut dyn Module,
    optimizer: &mut dyn Optimizer,
    stopping: &EarlyStopping,
) -> Result<Place, String> {
    let part = |prefix: &str| -> BTreeMap<String, Tensor> {
        let named =
            content.tensors.iter().filter_map(|(name, array)| Some((name.strip_prefix(prefix)?, array)));
        named.map(|(name, array)| (name.to_owned(), array.clone())).collect()
    };
    // Everything is looked at before anything is changed.
    let place = Place::from_notes(&content.notes, stopping)?;
    let steps = number(&content.notes, "optimizer.steps")?;
    let streams = positions(&content.notes, model)?;
    let remembered = part("optimizer.");
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    optimizer.visit_state(model, &mut |name, array| {
        shapes.insert(name.to_owned(), *array.shape());
    });
    let same_names = shapes.keys().eq(remembered.keys());
    if !same_names || shapes.iter().any(|(name, shape)| remembered[name].shape() != shape) {
        return Err("it was made with another optimizer".to_owned());
    }

    load_state_dict(model, &part("model.")).map_err(|error| error.to_string())?;
    optimizer.visit_state(model, &mut |name, array| *array = remembered[name].clone());
    optimizer.set_steps(steps);
    model.visit(&mut Visitor::new(&mut |path, entry| {
        if let Entry::Stream(stream) = entry {
            stream.seek(streams[&path.to_string()]);
        }
    }));
    Ok(place)
}

/// Where each random stream of the model stood.
fn positions(
    notes: &BTreeMap<String, String>,
    model: &mut dyn Module,
) -> Result<BTreeMap<String, Position>, String> {
    let mut names = Vec::new();
    model.visit(&mut Visitor::new(&mut |path, entry| {
        if let Entry::Stream(_) = entry {
            names.push(path.to_string());
        }
    }));
    let mut positions = BTreeMap::new();
    for name in names {
        let note = text(notes, &format!("stream.{name}"))?;
        let position = position(note).ok_or_else(|| format!("its stream {name} is at '{note}'"))?;
        positions.insert(name, position);
    }
    Ok(positions)
}

fn position(note: &str) -> Option<Position> {
    let (words, spare) = note.split_once(' ')?;
    let spare = match spare {
        "none" => None,
        spare => Some(spare.parse().ok()?),
    };
    Some(Position { words: words.parse().ok()?, spare })
}

/// What lies in the two slots of a run.
pub struct Found {
    /// The state of each slot.
    pub slots: [Slot; 2],
    /// The newest whole checkpoint and its file.
    pub newest: Option<(PathBuf, Saved)>,
    /// One line for each damaged one that could be done without.
    pub warnings: Vec<String>,
}

/// Looks at both slots of a run.
///
/// # Errors
/// When there are checkpoints but none is whole.
pub fn find(run: &RunDir) -> Result<Found, CheckpointError> {
    let mut contents = [None, None];
    let mut slots = [Slot::Empty, Slot::Empty];
    for (i, path) in run.slots().iter().enumerate() {
        slots[i] = match Saved::read(path) {
            Err(CheckedFileError::Missing(_)) => Slot::Empty,
            Err(error) => Slot::Damaged(chain(&error)),
            Ok(content) => match number(&content.notes, "number") {
                Ok(number) => {
                    contents[i] = Some((path.clone(), content));
                    Slot::Whole(number)
                }
                Err(problem) => Slot::Damaged(format!("{}: {problem}", path.display())),
            },
        };
    }
    let problem = |slot: &Slot| match slot {
        Slot::Damaged(problem) => Some(problem.clone()),
        _ => None,
    };
    let problems: Vec<String> = slots.iter().filter_map(problem).collect();
    let mut newest = newest(&slots).and_then(|(slot, _)| contents[slot].take());
    if newest.is_none() && !problems.is_empty() {
        // Those that were kept are older, but better than nothing.
        let kept = run.kept().into_iter().rev();
        newest = kept.filter_map(|(_, path)| Saved::read(&path).ok().map(|content| (path, content))).next();
    }
    if newest.is_none() && !problems.is_empty() {
        return Err(CheckpointError::NoneWhole(problems.join("; ")));
    }
    let warnings = problems.iter().map(|problem| format!("going on from another checkpoint: {problem}"));
    Ok(Found { slots, newest, warnings: warnings.collect() })
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup_by(|cause, effect| effect.contains(cause.as_str()));
    texts.join(": ")
}
