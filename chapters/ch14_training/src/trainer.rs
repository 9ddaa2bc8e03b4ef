//! The training loop with everything around it: schedule, clipping, validation, early stopping, checkpoints, resume.

use std::ops::ControlFlow;
use std::time::Instant;

use ch04_losses::CrossEntropy;
use ch09_optimizers::{Ema, Optimizer};
use ch10_schedules::Schedule;
use ch12_regularization::{EarlyStopping, Verdict};
use ch13_data::{Batch, Dataset, Loader};

use crate::begun_with::{begun_with, differences};
use crate::checkpoint::{Place, find, restore};
use crate::evaluation::{BadLabel, bad_label, try_score};
use crate::events::EventWriter;
use crate::not_finite::{cause, not_finite};
use crate::progress::Progress;
use crate::running::{Run, best_weights, restore_ema};
use crate::writer::Writer;
use crate::{
    CheckpointError, Classifier, History, Monitor, Recipe, RunDir, RunError, Settings, Step, TrainError,
    accumulated_step, train_step,
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
        } else {
            run.swap_means(model);
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
        let mut ema = self.settings.ema.map(Ema::new);
        if let Some((path, content)) = found.newest {
            let differences = differences(&content.notes, &settings, &*self.recipe.schedule);
            if !differences.is_empty() {
                return Err(TrainError::OtherSettings(differences));
            }
            let restored = restore(&content, model, &mut *self.optimizer, &stopping).and_then(|place| {
                ema.as_mut().map_or(Ok(()), |ema| restore_ema(&content, model, ema)).map(|()| place)
            });
            place = restored.map_err(|problem| CheckpointError::Fit { path, problem })?;
            // The file may be ahead of the checkpoint by the epoch that is repeated now.
            dir.write("history.csv", place.history.to_csv().as_bytes())?;
            progress.say(&format!("going on in epoch {}, after step {}", place.epoch + 1, place.step));
        }
        found.warnings.iter().for_each(|warning| progress.say(&format!("warning: {warning}")));
        place.history.warnings = found.warnings;
        let events = match self.settings.events {
            Some(_) => Some(EventWriter::create(dir.path(), place.step)?),
            None => None,
        };
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
            events,
            ema,
            keep_last: self.settings.keep_last,
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
        let mut waiting = train.epoch(epoch, run.place.batch as usize);
        let accumulate = self.settings.accumulate.max(1);
        let mut group = Vec::with_capacity(accumulate);
        loop {
            group.clear();
            group.extend(waiting.by_ref().take(accumulate));
            let step = run.place.step;
            for Batch { input, labels } in &group {
                let classes = *run.classes.get_or_insert_with(|| model.infer(input).dim(1));
                if let Some(label) = bad_label(labels, classes) {
                    return Err(TrainError::Label { epoch: epoch + 1, step, label, classes });
                }
            }
            if let Some(momentum) = self.recipe.schedule.momentum(step) {
                self.optimizer.set_momentum(momentum);
            }
            let done = match group.as_slice() {
                [] => return Ok(ControlFlow::Continue(())),
                [Batch { input, labels }] => {
                    train_step(model, &mut *self.optimizer, &self.recipe, (input, labels), step)
                }
                pieces => accumulated_step(model, &mut *self.optimizer, &self.recipe, pieces, step),
            };
            let inputs = || group.iter().map(|batch| &batch.input);
            let measured = done.map_err(|bad| not_finite(model, inputs(), &bad, epoch, step))?;
            if let Some(ema) = &mut run.ema {
                ema.update(model);
            }
            run.count(&measured, group.len(), group.iter().map(|batch| batch.labels.size()).sum());
            if self.settings.layer_norms {
                run.count_layers(model);
            }
            let now = run.step(&measured, batches);
            run.log_step(&now, &self.settings)?;
            run.progress.step(now.batch, run.place.sums.mean_loss(), run.place.sums.accuracy());
            // After the last batch there is a checkpoint anyway, once the epoch has been validated.
            if now.batch < batches && run.is_due(&self.settings) {
                run.save(model, &mut *self.optimizer, &*self.recipe.schedule, None)?;
            }
            if self.hook.as_mut().is_some_and(|hook| hook(&now).is_break()) {
                return Ok(ControlFlow::Break(()));
            }
        }
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
        run.swap_means(model);
        let BadLabel { label, classes } = match try_score(model, valid) {
            Ok(score) if score.loss.is_finite() => {
                let row = run.row(&score, &self.settings);
                if self.settings.layer_norms {
                    run.end_layers(model, &self.settings);
                }
                let value = match self.settings.monitor {
                    Monitor::Accuracy => row.valid_accuracy,
                    Monitor::Loss => row.valid_loss,
                };
                let verdict = run.place.stopping.observe(value);
                let best = (verdict == Verdict::Improved).then(|| best_weights(model, &row));
                run.swap_means(model);
                run.progress.epoch_over(&row, took.elapsed(), best.is_some());
                run.place.end_epoch(row, verdict == Verdict::Stop);
                run.log_epoch(&row)?;
                let files = Some((best, run.place.history.to_csv()));
                run.save(model, &mut *self.optimizer, &*self.recipe.schedule, files)?;
                return Ok(());
            }
            Ok(score) => {
                let (what, value) = ("the validation loss", score.loss);
                let cause = cause(model, std::iter::empty::<&()>());
                return Err(TrainError::NotFinite { epoch: epoch + 1, step, what, value, cause });
            }
            Err(bad) => bad,
        };
        Err(TrainError::Label { epoch: epoch + 1, step, label, classes })
    }
    // ANCHOR_END: end_epoch
}
