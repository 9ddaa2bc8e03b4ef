//! `report RUN`: one page about a run, in one file that opens without a network.

use std::path::PathBuf;

use anyhow::Context;
use ch14_training::{Confusion, History};

use crate::figures::{self, FIGURES};
use crate::html::Page;
use crate::outcome::{Mistake, Outcome};
use crate::pretraining;
use crate::recipe::settings;
use crate::run::Run;

/// Texts are cut to this many characters.
const SHOWN: usize = 900;

/// Writes `RUN/report.html`, and says where it is.
///
/// # Errors
/// If the run is not finished or the page cannot be written.
pub(crate) fn write(run: &Run) -> anyhow::Result<PathBuf> {
    let outcome = Outcome::load(run)?;
    let history = History::load(run.finished("history.csv")?).context("the history cannot be used")?;
    let (task, classes) = (run.plan.task, run.plan.task.classes());
    let mut page = Page::new(&format!("{}: {}", task.title(), run.plan.recipe.name()));
    page.headline(&format!("{:.2} %", 100.0 * outcome.accuracy()));
    page.paragraph(&format!(
        "of {} test {}, which were looked at once, after the training, are classified correctly. The mean \
         cross-entropy is {:.4}.",
        outcome.examples(),
        task.examples(),
        outcome.loss
    ));

    page.heading("Settings");
    page.table(&[], &settings(&run.plan, &history, outcome.seconds, pretraining::seconds(run)?));
    for (file, heading) in FIGURES {
        if let Some(svg) = figures::read(run, file)? {
            page.heading(heading);
            page.figure(&svg);
        }
    }

    page.heading("Class by class");
    page.remark(
        "Precision: of those that were taken for the class, the share that belongs to it. Recall: of those that belong \
         to it, the share that was found. F1: their harmonic mean.",
    );
    page.table(&["class", "precision", "recall", "F1", "examples"], &class_table(&outcome, classes));

    let texts: Vec<(&Mistake, &String)> =
        outcome.mistakes.iter().filter_map(|mistake| Some((mistake, mistake.text.as_ref()?))).collect();
    if !texts.is_empty() {
        page.heading("The worst mistakes");
        page.remark("Those texts that the network misread and was surest about.");
    }
    for (mistake, text) in texts {
        let (label, predicted) = (classes[mistake.wrong.label], classes[mistake.wrong.predicted]);
        let sure = 100.0 * mistake.wrong.probability;
        page.quote(&format!("{label}, taken for {predicted} with {sure:.1} %"), &cut(text));
    }

    page.heading("Epoch by epoch");
    page.table(
        &["epoch", "training loss", "validation loss", "training accuracy", "validation accuracy", "seconds"],
        &epoch_table(&history),
    );
    run.write("report.html", page.finish().as_bytes())?;
    Ok(run.path("report.html"))
}

fn class_table(outcome: &Outcome, classes: &[&str]) -> Vec<Vec<String>> {
    let counts = outcome.confusion.iter().map(|&count| count as u64).collect();
    let confusion = Confusion::from_counts(counts, classes.len());
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    (0..classes.len())
        .map(|class| {
            let scores = confusion.scores(class);
            let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(percent);
            vec![classes[class].to_owned(), precision, recall, f1, scores.support.to_string()]
        })
        .collect()
}

fn epoch_table(history: &History) -> Vec<Vec<String>> {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let row = |e: &ch14_training::EpochRow| {
        vec![
            (e.epoch + 1).to_string(),
            format!("{:.4}", e.train_loss),
            format!("{:.4}", e.valid_loss),
            percent(e.train_accuracy),
            percent(e.valid_accuracy),
            format!("{:.0}", e.seconds),
        ]
    };
    history.epochs.iter().map(row).collect()
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
