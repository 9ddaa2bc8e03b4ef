//! The training loop with everything around it: schedule, clipping, validation, early stopping, checkpoints, resume.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use ch04_losses::CrossEntropy;
use ch05_backprop::Module;
use ch07_modules::state_dict;
use ch09_optimizers::Optimizer;
use ch10_schedules::Schedule;
use ch12_regularization::{EarlyStopping, Verdict};
use ch13_data::{Batch, Dataset, Loader};

use crate::begun_with::{begun_with, differences, rates};
use crate::checkpoint::{Place, capture, find, restore};
use crate::evaluation::{BadLabel, bad_label, try_evaluate};
use crate::not_finite::{cause, not_finite};
use crate::progress::Progress;
use crate::writer::Writer;
use crate::{
    CheckpointError, Classifier, EpochRow, Evaluation, History, Measured, Monitor, Recipe, RunDir, RunError,
    Saved, Settings, Slot, Step, TrainError, next, train_step,
};

/// Looks at each step and may end the training.
type Hook = Box<dyn FnMut(&Step) -> ControlFlow<()> + Send>;

/// Trains classifiers.
pub struct Trainer {
    settings: Settings,
    recipe: Recipe,
    optimizer: Box<dyn Optimizer>,
    hook: Option<Hook>,
}

/// What belongs to one call of `fit`.
struct Run<'a> {
    dir: &'a RunDir,
    slots: [Slot; 2],
    place: Place,
    settings: BTreeMap<String, String>,
    /// When this process began, and how many seconds others had trained before.
    began: Instant,
    before: f64,
    saved: Instant,
    writer: Writer,
    progress: Progress,
    /// The model's, once it has seen a batch.
    classes: Option<usize>,
}

impl Trainer {
    /// A trainer with a schedule and an optimizer that has not been used yet.
    pub fn new(settings: Settings, schedule: Box<dyn Schedule>, optimizer: Box<dyn Optimizer>) -> Self {
        let criterion = CrossEntropy { label_smoothing: settings.label_smoothing, ..CrossEntropy::default() };
        let recipe = Recipe { criterion, clip_norm: settings.clip_norm, schedule };
        Trainer { settings, recipe, optimizer, hook: None }
    }

    /// Calls `hook` after each step. When it breaks, a checkpoint is written, and `fit` returns a history that is not
    /// `finished`; resuming goes on with the next step.
    pub fn on_step(mut self, hook: impl FnMut(&Step) -> ControlFlow<()> + Send + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Trains a model, validates it after each epoch, and leaves it with its best weights (or its last, as the settings
    /// say).
    ///
    /// With `resume` the run in the folder goes on where its newest checkpoint was taken, bit for bit as if it had
    /// never stopped; model, optimizer, loaders and settings must be made as at its beginning. A folder without a
    /// checkpoint begins from the start. Without `resume` the folder must be new.
    ///
    /// # Errors
    /// When the folder is in use or cannot be used, a checkpoint cannot be written or does not fit, a label is no class,
    /// or a loss or gradient is not finite. What was saved before stays.
    ///
    /// # Panics
    /// When the model and the data do not fit each other.
    pub fn fit<M, D, V>(
        &mut self,
        model: &mut M,
        train: &Loader<D>,
        valid: &Loader<V>,
        dir: &RunDir,
        resume: bool,
    ) -> Result<History, TrainError>
    where
        M: Classifier,
        D: Dataset<Input = M::Input>,
        V: Dataset<Input = M::Input>,
    {
        // Dropped last: whatever happens, nothing is being written any more when the folder is free again.
        let _lock = dir.lock()?;
        for (batches, name) in [(train.batches(), "training"), (valid.batches(), "validation")] {
            if batches == 0 {
                return Err(TrainError::NoData(name));
            }
        }
        let mut run = self.begin(model, train, dir, resume)?;
        while run.place.epoch < self.settings.epochs && !run.place.stopped {
            let began = Instant::now();
            if self.train_epoch(model, train, &mut run)?.is_break() {
                run.save(model, &mut *self.optimizer, &*self.recipe.schedule, None)?;
                run.writer.wait()?;
                run.progress.say("interrupted: a checkpoint was written");
                return Ok(run.history(false));
            }
            self.end_epoch(model, valid, began, &mut run)?;
        }
        run.writer.wait()?;
        if self.settings.restore_best && run.place.stopping.best.is_some() {
            dir.load_best(model)?;
        }
        Ok(run.history(true))
    }

    /// A run from its start or from its newest checkpoint.
    fn begin<'a, M: Classifier, D: Dataset>(
        &mut self,
        model: &mut M,
        train: &Loader<D>,
        dir: &'a RunDir,
        resume: bool,
    ) -> Result<Run<'a>, TrainError> {
        if !resume && !dir.is_new() {
            return Err(RunError::Used(dir.path().to_owned()).into());
        }
        let patience = self.settings.patience.unwrap_or(usize::MAX);
        let stopping = EarlyStopping::new(self.settings.monitor.goal(), patience);
        let settings = begun_with(&self.settings, train);
        let mut progress = Progress::new(self.settings.quiet, self.settings.epochs);
        let found = find(dir)?;
        let mut place = Place::start(stopping.clone());
        if let Some((path, content)) = found.newest {
            let differences = differences(&content.notes, &settings, &*self.recipe.schedule);
            if !differences.is_empty() {
                return Err(TrainError::OtherSettings(differences));
            }
            place = restore(&content, model, &mut *self.optimizer, &stopping)
                .map_err(|problem| CheckpointError::Fit { path, problem })?;
            // The file may be ahead of the checkpoint by the epoch that is repeated now.
            dir.write("history.csv", place.history.to_csv().as_bytes())?;
            progress.say(&format!("going on in epoch {}, after step {}", place.epoch + 1, place.step));
        }
        found.warnings.iter().for_each(|warning| progress.say(&format!("warning: {warning}")));
        place.history.warnings = found.warnings;
        let (slots, before, now) = (found.slots, place.seconds, Instant::now());
        let writer = Writer::default();
        Ok(Run {
            dir,
            slots,
            place,
            settings,
            began: now,
            before,
            saved: now,
            writer,
            progress,
            classes: None,
        })
    }

    // ANCHOR: train_epoch
    /// The batches of this epoch that are not done yet.
    fn train_epoch<M, D>(
        &mut self,
        model: &mut M,
        train: &Loader<D>,
        run: &mut Run<'_>,
    ) -> Result<ControlFlow<()>, TrainError>
    where
        M: Classifier,
        D: Dataset<Input = M::Input>,
    {
        let (epoch, batches) = (run.place.epoch, train.batches() as u64);
        run.progress.epoch(epoch, batches, run.place.batch);
        for Batch { input, labels } in train.epoch(epoch, run.place.batch as usize) {
            let step = run.place.step;
            let classes = *run.classes.get_or_insert_with(|| model.infer(&input).dim(1));
            if let Some(label) = bad_label(&labels, classes) {
                return Err(TrainError::Label { epoch: epoch + 1, step, label, classes });
            }
            let done = train_step(model, &mut *self.optimizer, &self.recipe, (&input, &labels), step);
            let measured = done.map_err(|bad| not_finite(model, &input, &bad, epoch, step))?;
            run.count(&measured, labels.size());
            let now = run.step(&measured, batches);
            run.progress.step(now.batch, run.place.sums.mean_loss(), run.place.sums.accuracy());
            // After the last batch there is a checkpoint anyway, once the epoch has been validated.
            if now.batch < batches && run.is_due(&self.settings) {
                run.save(model, &mut *self.optimizer, &*self.recipe.schedule, None)?;
            }
            if self.hook.as_mut().is_some_and(|hook| hook(&now).is_break()) {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
    // ANCHOR_END: train_epoch

    // ANCHOR: end_epoch
    /// Validates, writes down the epoch, keeps the weights if they are the best, and saves.
    fn end_epoch<M, D>(
        &mut self,
        model: &mut M,
        valid: &Loader<D>,
        took: Instant,
        run: &mut Run<'_>,
    ) -> Result<(), TrainError>
    where
        M: Classifier,
        D: Dataset<Input = M::Input>,
    {
        run.progress.validating();
        let Place { epoch, step, .. } = run.place;
        let BadLabel { label, classes } = match try_evaluate(model, valid) {
            Ok(evaluation) if evaluation.loss.is_finite() => {
                let row = run.row(&evaluation);
                let value = match self.settings.monitor {
                    Monitor::Accuracy => row.valid_accuracy,
                    Monitor::Loss => row.valid_loss,
                };
                let verdict = run.place.stopping.observe(value);
                let best = (verdict == Verdict::Improved).then(|| best_weights(model, &row));
                run.progress.epoch_over(&row, took.elapsed(), best.is_some());
                run.place.end_epoch(row, verdict == Verdict::Stop);
                let files = Some((best, run.place.history.to_csv()));
                run.save(model, &mut *self.optimizer, &*self.recipe.schedule, files)?;
                return Ok(());
            }
            Ok(evaluation) => {
                let (what, value) = ("the validation loss", evaluation.loss);
                let cause = cause(model, &());
                return Err(TrainError::NotFinite { epoch: epoch + 1, step, what, value, cause });
            }
            Err(bad) => bad,
        };
        Err(TrainError::Label { epoch: epoch + 1, step, label, classes })
    }
    // ANCHOR_END: end_epoch
}

/// The weights after an epoch, and what they were worth.
fn best_weights(model: &mut dyn Module, row: &EpochRow) -> Saved {
    let mut best = Saved { tensors: state_dict(model), ..Saved::default() };
    let mut note = |name: &str, value: String| best.notes.insert(name.to_owned(), value);
    note("epoch", row.epoch.to_string());
    note("step", row.steps.to_string());
    note("valid_loss", row.valid_loss.to_string());
    note("valid_accuracy", row.valid_accuracy.to_string());
    best
}

impl Run<'_> {
    /// Adds a step to the sums.
    fn count(&mut self, measured: &Measured, examples: usize) {
        let place = &mut self.place;
        place.step += 1;
        place.batch += 1;
        place.rate = measured.rate;
        place.seconds = self.before + self.began.elapsed().as_secs_f64();
        place.sums.loss += measured.loss * examples as f64;
        place.sums.norm += measured.norm;
        place.sums.right += measured.right as u64;
        place.sums.examples += examples as u64;
    }

    fn step(&self, measured: &Measured, batches: u64) -> Step {
        let &Measured { loss, right, norm, rate } = measured;
        let &Place { epoch, batch, step, seconds, .. } = &self.place;
        Step { epoch, batch, batches, step, loss, right, norm, rate, seconds }
    }

    /// The epoch as a line of the history.
    fn row(&mut self, evaluation: &Evaluation) -> EpochRow {
        self.place.seconds = self.before + self.began.elapsed().as_secs_f64();
        let Place { epoch, batch, step, sums, rate, seconds, .. } = &self.place;
        EpochRow {
            epoch: *epoch,
            steps: *step,
            train_loss: sums.mean_loss(),
            train_accuracy: sums.accuracy(),
            valid_loss: evaluation.loss,
            valid_accuracy: evaluation.accuracy,
            rate: *rate,
            gradient_norm: sums.norm / *batch as f64,
            seconds: *seconds,
        }
    }

    /// Whether a checkpoint is to be written in the middle of an epoch.
    fn is_due(&self, settings: &Settings) -> bool {
        let steps =
            settings.checkpoint_steps.is_some_and(|every| self.place.step.is_multiple_of(every.max(1)));
        // A slow disk must not hold up the training: what is due by time waits until the last one is written.
        let time = settings.checkpoint_every.is_some_and(|every| self.saved.elapsed() >= every);
        steps || time && self.writer.is_idle()
    }

    // ANCHOR: save
    /// Takes a snapshot and writes it in the background. After an epoch, `files` are its best weights, if they are, and
    /// the history: they are written first, so that a checkpoint never speaks of what is not there.
    fn save(
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
        content.notes.insert("number".to_owned(), number.to_string());
        content.notes.insert("setting.rates".to_owned(), rates(schedule, self.place.step));
        self.slots[slot] = Slot::Whole(number);
        self.saved = Instant::now();
        let (dir, path) = (self.dir.clone(), self.dir.slots()[slot].clone());
        self.writer.start(move || {
            if let Some((best, history)) = files {
                best.map_or(Ok(()), |best| best.write(&**dir.disk(), &dir.best()))?;
                dir.write("history.csv", history.as_bytes())?;
            }
            Ok(content.write(&**dir.disk(), &path)?)
        })
    }
    // ANCHOR_END: save

    fn history(&self, finished: bool) -> History {
        let Place { history, stopping, stopped, .. } = self.place.clone();
        let best = stopping.best.map(|_| stopping.best_at as u64);
        History { best, finished, stopped_early: stopped, ..history }
    }
}
