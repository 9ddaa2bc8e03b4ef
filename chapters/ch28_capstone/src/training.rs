//! From a prepared task to a finished run: training, the one look at the test examples, figures, a summary.

use anyhow::Context;
use ch00_start::Record;
use ch00_start::file::write_atomic;
use ch13_data::{Dataset, Loader};
use ch14_training::{Classifier, History, RunDir, Trainer, evaluate};

use crate::figures;
use crate::gallery::Gallery;
use crate::outcome::Outcome;
use crate::pretraining;
use crate::run::Run;

/// Everything that a run works with.
pub(crate) struct Prepared<M, D: Dataset> {
    pub model: M,
    pub train: Loader<D>,
    pub validation: Loader<D>,
    pub test: Loader<D>,
    pub trainer: Trainer,
    /// The test examples, to be shown.
    pub gallery: Gallery,
}

/// A network that may be tested more carefully than it is watched in training.
pub(crate) trait Tested: Classifier {
    /// Called before the test.
    fn look_carefully(&mut self) {}
}

// ANCHOR: run
/// Trains, or goes on training; then tests once and keeps what came out.
///
/// # Errors
/// As [`Trainer::fit`], and if a file of the run cannot be written.
pub(crate) fn run<M, D>(run: &Run, mut prepared: Prepared<M, D>, resume: bool) -> anyhow::Result<Outcome>
where
    M: Tested,
    D: Dataset<Input = M::Input>,
{
    let Prepared { model, train, validation, test, trainer, gallery } = &mut prepared;
    println!("Run: {}", run.folder.display());
    let folder = RunDir::create(&run.folder)?;
    let history =
        trainer.fit(model, train, validation, &folder, resume).context("the training has stopped")?;
    for warning in &history.warnings {
        println!("warning: {warning}");
    }
    model.look_carefully();
    let outcome = test_once(run, model, test, gallery, &history)?;
    say(run, &history, &outcome);
    Ok(outcome)
}

/// Tests the network that validated best, and writes down and draws what came out.
pub(crate) fn test_once<M, D>(
    run: &Run,
    model: &M,
    test: &Loader<D>,
    gallery: &Gallery,
    history: &History,
) -> anyhow::Result<Outcome>
where
    M: Classifier,
    D: Dataset<Input = M::Input>,
{
    let evaluation = evaluate(model, test);
    let (probabilities, classes) = (evaluation.probabilities().contiguous(), run.plan.task.classes().len());
    let text = |index| gallery.text(index);
    let mut outcome = Outcome::new(evaluation.loss, probabilities.data(), &evaluation.labels, classes, text);
    outcome.seconds = history.epochs.last().map_or(0.0, |epoch| epoch.seconds);
    figures::draw(run, history, &outcome, gallery, &evaluation.predictions, &evaluation.labels)?;
    // Last, because it says that the run is finished.
    outcome.save(run)?;
    Ok(outcome)
}
// ANCHOR_END: run

fn say(run: &Run, history: &History, outcome: &Outcome) {
    let task = run.plan.task;
    let stopped = if history.stopped_early { ", stopped early" } else { "" };
    println!(
        "\nTest: {:.2} % of {} {} that it had never seen are classified correctly (guessing gets {:.0} %).",
        100.0 * outcome.accuracy(),
        outcome.examples(),
        task.examples(),
        100.0 / task.classes().len() as f64,
    );
    println!("Training: {} epochs{stopped}, {:.1} minutes.", history.epochs.len(), outcome.seconds / 60.0);
}

/// Writes the result to `book/results`, for the book to quote.
///
/// # Errors
/// If a number is not finite or the file cannot be written.
pub(crate) fn record(run: &Run, outcome: &Outcome) -> anyhow::Result<()> {
    let history = History::load(run.finished("history.csv")?)?;
    let plan = &run.plan;
    let id = format!("ch28_{}_{}_seed{}", plan.task.name(), plan.recipe.name(), plan.seed);
    let mut record = Record::new(&id, true);
    let column =
        |value: fn(&ch14_training::EpochRow) -> f64| history.epochs.iter().map(value).collect::<Vec<_>>();
    record
        .seed(plan.seed)
        .number("accuracy", outcome.accuracy())
        .number("loss", outcome.loss)
        .number("examples", outcome.examples() as f64)
        .number("epochs", history.epochs.len() as f64)
        .number("minutes", outcome.seconds / 60.0)
        .number("best_validation", column(|e| e.valid_accuracy).into_iter().fold(0.0, f64::max))
        .series("train_loss", &column(|e| e.train_loss))
        .series("valid_loss", &column(|e| e.valid_loss))
        .series("valid_accuracy", &column(|e| 100.0 * e.valid_accuracy));
    if let Some(seconds) = pretraining::seconds(run)? {
        record.number("pretraining_minutes", seconds / 60.0);
    }
    for figure in ["accuracy", "confusion"] {
        copy_figure(run, figure, &record, &format!("{id}_{figure}"))?;
    }
    record.finish()?;
    Ok(())
}

/// A figure of a run as one of the book's.
///
/// # Errors
/// If it cannot be read or written.
pub(crate) fn copy_figure(run: &Run, figure: &str, record: &Record, name: &str) -> anyhow::Result<()> {
    let path = record.figure_path(name);
    let svg =
        figures::read(run, &format!("{figure}.svg"))?.with_context(|| format!("{figure} was not drawn"))?;
    write_atomic(&path, svg.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
