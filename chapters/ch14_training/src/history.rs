//! What happened, epoch by epoch, as a small CSV file.
//!
//! The file is written whole and renamed into place after each epoch: it holds a line per epoch, so it never grows
//! large, and it can neither end in half a line nor hold epochs that a resumed run is about to repeat. Numbers are
//! written with as many digits as it takes to read back the same bits.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ch00_start::figure::{self, FigureError, Series};
use thiserror::Error;

const HEADER: &str =
    "epoch,steps,train_loss,train_accuracy,valid_loss,valid_accuracy,rate,gradient_norm,seconds";
/// What the name of a parameter's column begins with.
const NORM: &str = "norm:";

/// One epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochRow {
    /// Which one, from 0.
    pub epoch: u64,
    /// Steps from the beginning of the training to the end of this epoch.
    pub steps: u64,
    /// The mean training loss per example, with label smoothing and dropout, each batch before its step.
    pub train_loss: f64,
    /// The share of training examples that were right, with dropout and augmentation, each batch before its step.
    pub train_accuracy: f64,
    /// The mean cross-entropy per validation example after the epoch, without smoothing.
    pub valid_loss: f64,
    /// The share of validation examples that were right after the epoch.
    pub valid_accuracy: f64,
    /// The learning rate of the last step.
    pub rate: f64,
    /// The mean norm of the gradient, before clipping.
    pub gradient_norm: f64,
    /// Seconds of training and validation from the beginning to the end of this epoch; pauses between a kill and a
    /// resume do not count.
    pub seconds: f64,
}

/// A training, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The epochs, first to last.
    pub epochs: Vec<EpochRow>,
    /// The names of the parameters, if the norms of their gradients are written down.
    pub layers: Vec<String>,
    /// For each epoch, the mean norm of each parameter's gradient, after clipping.
    pub layer_norms: Vec<Vec<f64>>,
    /// The epoch whose weights validated best.
    pub best: Option<u64>,
    /// Whether the training is over: all epochs done, or stopped early. False when a hook interrupted it.
    pub finished: bool,
    /// Whether it ended before all epochs because the validation no longer improved.
    pub stopped_early: bool,
    /// What went wrong and was overcome, such as a damaged checkpoint.
    pub warnings: Vec<String>,
}

/// Why a history could not be read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("cannot read the history {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what the trainer writes.
    #[error("the history {place}, line {line}: {problem}")]
    Line {
        /// The file, or where the text came from.
        place: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl History {
    /// The epochs as CSV, with a line of names.
    pub fn to_csv(&self) -> String {
        let mut text = HEADER.to_owned();
        self.layers.iter().for_each(|name| text.extend([",", NORM, name]));
        text.push('\n');
        for (i, e) in self.epochs.iter().enumerate() {
            let numbers = [
                e.train_loss,
                e.train_accuracy,
                e.valid_loss,
                e.valid_accuracy,
                e.rate,
                e.gradient_norm,
                e.seconds,
            ];
            write!(text, "{},{}", e.epoch, e.steps).expect("a string grows");
            let norms = self.layer_norms.get(i).map_or(&[][..], Vec::as_slice);
            for number in numbers.iter().chain(norms) {
                // The shortest digits that read back as the same number.
                write!(text, ",{number}").expect("a string grows");
            }
            text.push('\n');
        }
        text
    }

    /// The epochs of a CSV text that [`to_csv`](History::to_csv) wrote; what is not an epoch is empty or false.
    ///
    /// # Errors
    /// When a line is not what the trainer writes. `place` is named in the message.
    pub fn from_csv(text: &str, place: &str) -> Result<Self, HistoryError> {
        let error =
            |line: usize, problem: String| HistoryError::Line { place: place.to_owned(), line, problem };
        let mut lines = text.lines();
        let layers = lines.next().and_then(|names| {
            let more = names.strip_prefix(HEADER)?.split(',').skip(1);
            more.map(|name| name.strip_prefix(NORM).map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        let Some(layers) = layers else { return Err(error(1, format!("the names must be '{HEADER}'"))) };
        let columns = HEADER.split(',').count();
        let mut history = History { layers, ..History::default() };
        for (i, line) in lines.enumerate() {
            let (cells, norms) = match line.match_indices(',').nth(columns - 1) {
                Some((end, _)) => (&line[..end], line[end + 1..].split(',').collect()),
                None => (line, Vec::new()),
            };
            let row = epoch(cells).map_err(|problem| error(i + 2, problem))?;
            let norms: Result<Vec<f64>, _> = norms.iter().map(|cell| number(cell)).collect();
            let norms = norms.map_err(|problem| error(i + 2, problem))?;
            if norms.len() != history.layers.len() {
                let problem = format!("{} norms for {} parameters", norms.len(), history.layers.len());
                return Err(error(i + 2, problem));
            }
            if !norms.is_empty() {
                history.layer_norms.push(norms);
            }
            if row.epoch != i as u64 {
                return Err(error(i + 2, format!("epoch {} where {i} is next", row.epoch)));
            }
            history.epochs.push(row);
        }
        Ok(history)
    }

    /// Reads a history file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a history.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, HistoryError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| HistoryError::Read { path: path.to_owned(), source })?;
        Self::from_csv(&text, &path.display().to_string())
    }

    /// The epoch whose weights were kept.
    pub fn best_epoch(&self) -> Option<&EpochRow> {
        self.epochs.get(self.best? as usize)
    }

    /// Draws the losses over the epochs as SVG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn draw_losses(&self, path: &Path) -> Result<(), FigureError> {
        let series = [self.series("training", |e| e.train_loss), self.series("validation", |e| e.valid_loss)];
        figure::lines(path, "Loss", "epoch", "cross-entropy per example", &series)
    }

    /// Draws the accuracies over the epochs as SVG, in percent.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn draw_accuracies(&self, path: &Path) -> Result<(), FigureError> {
        let series = [
            self.series("training", |e| 100.0 * e.train_accuracy),
            self.series("validation", |e| 100.0 * e.valid_accuracy),
        ];
        figure::lines(path, "Accuracy", "epoch", "percent right", &series)
    }

    /// Draws the learning rate at the end of each epoch as SVG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn draw_rates(&self, path: &Path) -> Result<(), FigureError> {
        figure::lines(path, "Learning rate", "epoch", "rate", &[self.series("rate", |e| e.rate)])
    }

    /// Draws the mean norms of the parameters' gradients over the epochs as SVG, if they were written down.
    ///
    /// # Errors
    /// When the file cannot be written, or there are none.
    pub fn draw_layer_norms(&self, path: &Path) -> Result<(), FigureError> {
        let curve = |(place, name): (usize, &String)| {
            let points =
                self.layer_norms.iter().zip(1..).map(|(norms, epoch)| (f64::from(epoch), norms[place]));
            Series::new(name, points.collect())
        };
        let all: Vec<Series> = self.layers.iter().enumerate().map(curve).collect();
        figure::lines_log_y(path, "Gradients", "epoch", "mean norm of the gradient", &all)
    }

    /// Epochs are counted from 1 in pictures, where the number is how many are over.
    fn series(&self, name: &str, value: impl Fn(&EpochRow) -> f64) -> Series {
        Series::new(name, self.epochs.iter().map(|e| ((e.epoch + 1) as f64, value(e))).collect()).marked()
    }
}

fn number(cell: &str) -> Result<f64, String> {
    cell.parse().map_err(|_| format!("'{cell}' is no number"))
}

fn epoch(line: &str) -> Result<EpochRow, String> {
    let cells: Vec<&str> = line.split(',').collect();
    let [epoch, steps, numbers @ ..] = cells.as_slice() else { return Err("too few cells".to_owned()) };
    let [train_loss, train_accuracy, valid_loss, valid_accuracy, rate, gradient_norm, seconds] = numbers
    else {
        return Err(format!("{} cells instead of {}", cells.len(), HEADER.split(',').count()));
    };
    let count = |cell: &str| cell.parse::<u64>().map_err(|_| format!("'{cell}' is no count"));
    Ok(EpochRow {
        epoch: count(epoch)?,
        steps: count(steps)?,
        train_loss: number(train_loss)?,
        train_accuracy: number(train_accuracy)?,
        valid_loss: number(valid_loss)?,
        valid_accuracy: number(valid_accuracy)?,
        rate: number(rate)?,
        gradient_norm: number(gradient_norm)?,
        seconds: number(seconds)?,
    })
}
