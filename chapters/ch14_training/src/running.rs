//! One call of `fit`: where it stands, and what it leaves behind.

use std::collections::BTreeMap;
use std::time::Instant;

use ch05_backprop::Module;
use ch07_modules::state_dict;
use ch09_optimizers::{Ema, Optimizer};
use ch10_schedules::Schedule;

use crate::begun_with::rates;
use crate::checkpoint::{Place, capture};
use crate::evaluation::Score;
use crate::events::{EventError, EventWriter};
use crate::kept::keep;
use crate::layer_norms::{add_layer_norms, layer_names};
use crate::progress::Progress;
use crate::writer::Writer;
use crate::{CheckpointError, EpochRow, History, Measured, RunDir, Saved, Settings, Slot, Step, next};

/// What belongs to one call of `fit`.
pub struct Run<'a> {
    pub dir: &'a RunDir,
    pub slots: [Slot; 2],
    pub place: Place,
    pub settings: BTreeMap<String, String>,
    /// When this process began, and how many seconds others had trained before.
    pub began: Instant,
    pub before: f64,
    pub saved: Instant,
    pub writer: Writer,
    pub progress: Progress,
    /// The model's, once it has seen a batch.
    pub classes: Option<usize>,
    pub events: Option<EventWriter>,
    /// Running means of the weights.
    pub ema: Option<Ema>,
    /// Checkpoints to keep beside the slots.
    pub keep_last: usize,
}

/// The weights after an epoch, and what they were worth.
pub fn best_weights(model: &mut dyn Module, row: &EpochRow) -> Saved {
    let mut best = Saved { tensors: state_dict(model), ..Saved::default() };
    let mut note = |name: &str, value: String| best.notes.insert(name.to_owned(), value);
    note("epoch", row.epoch.to_string());
    note("step", row.steps.to_string());
    note("valid_loss", row.valid_loss.to_string());
    note("valid_accuracy", row.valid_accuracy.to_string());
    best
}

/// Puts running means back as a checkpoint holds them.
pub fn restore_ema(content: &Saved, model: &mut dyn Module, ema: &mut Ema) -> Result<(), String> {
    let updates = content.notes.get("ema.updates").and_then(|updates| updates.parse().ok());
    ema.set_updates(updates.ok_or("it holds no running means")?);
    let mut missing = None;
    ema.visit_state(model, &mut |name, mean| match content.tensors.get(name) {
        Some(saved) if saved.shape() == mean.shape() => *mean = saved.clone(),
        _ => missing = Some(format!("it holds no {name} of this shape")),
    });
    missing.map_or(Ok(()), Err)
}

impl Run<'_> {
    /// Adds a step on so many batches and examples to the sums.
    pub fn count(&mut self, measured: &Measured, batches: usize, examples: usize) {
        let place = &mut self.place;
        place.step += 1;
        place.batch += batches as u64;
        place.rate = measured.rate;
        place.seconds = self.before + self.began.elapsed().as_secs_f64();
        place.sums.loss += measured.loss * examples as f64;
        place.sums.norm += measured.norm;
        place.sums.right += measured.right as u64;
        place.sums.examples += examples as u64;
    }

    pub fn step(&self, measured: &Measured, batches: u64) -> Step {
        let &Measured { loss, right, norm, rate } = measured;
        let &Place { epoch, batch, step, seconds, .. } = &self.place;
        Step { epoch, batch, batches, step, loss, right, norm, rate, seconds }
    }

    /// Gives the model the means of its weights, or takes them back, if there are any.
    pub fn swap_means(&mut self, model: &mut dyn Module) {
        if let Some(ema) = self.ema.as_mut().filter(|ema| ema.updates() > 0) {
            ema.swap(model);
        }
    }

    /// Adds the norms of the gradients to their sums, after a step.
    pub fn count_layers(&mut self, model: &mut dyn Module) {
        add_layer_norms(model, &mut self.place.sums.layers);
    }

    /// The means of these norms, once the epoch is over.
    pub fn end_layers(&mut self, model: &mut dyn Module, settings: &Settings) {
        let steps = self.steps_of_epoch(settings);
        let history = &mut self.place.history;
        history.layers = layer_names(model);
        history.layer_norms.push(self.place.sums.layers.iter().map(|sum| sum / steps).collect());
    }

    /// How many steps this epoch has taken.
    fn steps_of_epoch(&self, settings: &Settings) -> f64 {
        self.place.batch.div_ceil(settings.accumulate.max(1) as u64) as f64
    }

    /// The epoch as a line of the history.
    pub fn row(&mut self, score: &Score, settings: &Settings) -> EpochRow {
        self.place.seconds = self.before + self.began.elapsed().as_secs_f64();
        let Place { epoch, step, sums, rate, seconds, .. } = &self.place;
        EpochRow {
            epoch: *epoch,
            steps: *step,
            train_loss: sums.mean_loss(),
            train_accuracy: sums.accuracy(),
            valid_loss: score.loss,
            valid_accuracy: score.accuracy,
            rate: *rate,
            gradient_norm: sums.norm / self.steps_of_epoch(settings),
            seconds: *seconds,
        }
    }

    /// Whether a checkpoint is to be written in the middle of an epoch.
    pub fn is_due(&self, settings: &Settings) -> bool {
        let steps =
            settings.checkpoint_steps.is_some_and(|every| self.place.step.is_multiple_of(every.max(1)));
        // A slow disk must not hold up the training: what is due by time waits until the last one is written.
        let time = settings.checkpoint_every.is_some_and(|every| self.saved.elapsed() >= every);
        steps || time && self.writer.is_idle()
    }

    // ANCHOR: save
    /// Takes a snapshot and writes it in the background. After an epoch, `files` are its best weights, if they are, and
    /// the history: they are written first, so that a checkpoint never speaks of what is not there.
    pub fn save(
        &mut self,
        model: &mut dyn Module,
        optimizer: &mut dyn Optimizer,
        schedule: &dyn Schedule,
        files: Option<(Option<Saved>, String)>,
    ) -> Result<(), CheckpointError> {
        // If the last one failed, the training ends here, and the slots are as they were before it.
        self.writer.wait()?;
        let (slot, number) = next(&self.slots);
        let mut content = capture(model, optimizer, &self.place, &self.settings);
        if let Some(ema) = &mut self.ema {
            content.notes.insert("ema.updates".to_owned(), ema.updates().to_string());
            ema.visit_state(model, &mut |name, mean| {
                drop(content.tensors.insert(name.to_owned(), mean.clone()))
            });
        }
        content.notes.insert("number".to_owned(), number.to_string());
        content.notes.insert("setting.rates".to_owned(), rates(schedule, self.place.step));
        self.slots[slot] = Slot::Whole(number);
        self.saved = Instant::now();
        let (dir, path) = (self.dir.clone(), self.dir.slots()[slot].clone());
        let (step, keep_last) = (self.place.step, self.keep_last);
        self.writer.start(move || {
            if let Some((best, history)) = files {
                best.map_or(Ok(()), |best| best.write(&**dir.disk(), &dir.best()))?;
                dir.write("history.csv", history.as_bytes())?;
            }
            content.write(&**dir.disk(), &path)?;
            if keep_last > 0 { keep(&dir, &content, step, keep_last) } else { Ok(()) }
        })
    }
    // ANCHOR_END: save

    pub fn history(&self, finished: bool) -> History {
        let Place { history, stopping, stopped, .. } = self.place.clone();
        let best = stopping.best.map(|_| stopping.best_at as u64);
        History { best, finished, stopped_early: stopped, ..history }
    }

    /// Writes a step's figures to the event file, if it is one of those that are asked for.
    pub fn log_step(&mut self, now: &Step, settings: &Settings) -> Result<(), EventError> {
        let (Some(events), Some(every)) = (&mut self.events, settings.events) else { return Ok(()) };
        if !now.step.is_multiple_of(every.max(1)) {
            return Ok(());
        }
        events.scalar("step/loss", now.step, now.loss)?;
        events.scalar("step/gradient norm", now.step, now.norm)?;
        events.scalar("step/rate", now.step, now.rate)
    }

    /// Writes an epoch's figures to the event file, at the number of its last step.
    pub fn log_epoch(&mut self, row: &EpochRow) -> Result<(), EventError> {
        let Some(events) = &mut self.events else { return Ok(()) };
        let curves = [
            ("loss/training", row.train_loss),
            ("loss/validation", row.valid_loss),
            ("accuracy/training", row.train_accuracy),
            ("accuracy/validation", row.valid_accuracy),
            ("epoch/rate", row.rate),
            ("epoch/gradient norm", row.gradient_norm),
        ];
        for (name, value) in curves {
            events.scalar(name, row.steps, value)?;
        }
        let history = &self.place.history;
        let norms = history.layer_norms.get(row.epoch as usize).map_or(&[][..], Vec::as_slice);
        for (layer, norm) in history.layers.iter().zip(norms) {
            events.scalar(&format!("gradient/{layer}"), row.steps, *norm)?;
        }
        events.flush()
    }
}
