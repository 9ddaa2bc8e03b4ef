//! What the user sees while training: a bar on a terminal, and a line per epoch anywhere.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::EpochRow;

/// The bar of one epoch. It is drawn ten times a second at most, so that steps in between cost nothing.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    epochs: u64,
    drawn: Instant,
}

impl Progress {
    /// Shows nothing if `quiet`, and no bar if the error stream is not a terminal.
    pub fn new(quiet: bool, epochs: u64) -> Self {
        Progress { bar: None, quiet, epochs, drawn: Instant::now() }
    }

    /// Begins the bar of an epoch of so many batches, `done` of which are.
    pub fn epoch(&mut self, epoch: u64, batches: u64, done: u64) {
        if self.quiet || !io::stderr().is_terminal() {
            return;
        }
        let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len}  {msg}  {eta} left")
            .expect("a valid template")
            .progress_chars("━╸ ");
        let bar = ProgressBar::with_draw_target(Some(batches), ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.set_prefix(format!("epoch {}/{}", epoch + 1, self.epochs));
        bar.set_position(done);
        bar.reset_eta();
        self.bar = Some(bar);
    }

    /// Shows how far the epoch is, if it is time to draw.
    pub fn step(&mut self, done: u64, loss: f64, accuracy: f64) {
        let Some(bar) = &self.bar else { return };
        if self.drawn.elapsed() < Duration::from_millis(100) {
            return;
        }
        self.drawn = Instant::now();
        bar.set_message(format!("loss {loss:.4}  {:.1} % right", 100.0 * accuracy));
        bar.set_position(done);
    }

    /// Says what is being done after the last batch.
    pub fn validating(&self) {
        if let Some(bar) = &self.bar {
            bar.set_position(bar.length().unwrap_or(0));
            bar.set_message("validating");
        }
    }

    /// Puts a line in the place of the bar.
    pub fn epoch_over(&mut self, e: &EpochRow, took: Duration, best: bool) {
        self.say(&format!(
            "epoch {}/{}  loss {:.4}  {:.2} % right  validation {:.4}  {:.2} %{}  rate {:.2e}  {:.1} s",
            e.epoch + 1,
            self.epochs,
            e.train_loss,
            100.0 * e.train_accuracy,
            e.valid_loss,
            100.0 * e.valid_accuracy,
            if best { " (best)" } else { "" },
            e.rate,
            took.as_secs_f64(),
        ));
    }

    /// Takes the bar away and prints a line.
    pub fn say(&mut self, line: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if !self.quiet {
            println!("{line}");
        }
    }
}
