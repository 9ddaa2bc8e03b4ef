//! The pictures of a run: how it learned, what it took for what, and its mistakes.

use std::fs;

use ch00_start::figure::{FigureError, Image, confusion, image_grid};
use ch14_training::History;

use crate::gallery::Gallery;
use crate::outcome::Outcome;
use crate::run::{Run, RunError};

/// The pictures, in the order of the report: file and heading.
pub(crate) const FIGURES: [(&str, &str); 6] = [
    ("loss.svg", "How the loss fell"),
    ("accuracy.svg", "How the accuracy rose"),
    ("rate.svg", "The learning rate"),
    ("confusion.svg", "What was taken for what"),
    ("samples.svg", "Some test pictures"),
    ("mistakes.svg", "The worst mistakes"),
];

/// Most examples in a picture of examples.
const SHOWN: usize = 24;

/// Draws everything into `RUN/figures`.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn draw(
    run: &Run,
    history: &History,
    outcome: &Outcome,
    gallery: &Gallery,
    predicted: &[i64],
    labels: &[i64],
) -> Result<(), FigureError> {
    let path = |name: &str| run.folder.join("figures").join(name);
    let (task, classes) = (run.plan.task, run.plan.task.classes());
    history.draw_losses(&path("loss.svg"))?;
    history.draw_accuracies(&path("accuracy.svg"))?;
    history.draw_rates(&path("rate.svg"))?;
    let right = 100.0 * outcome.accuracy();
    let title =
        format!("{}: {right:.2} % of {} test {} right", task.title(), outcome.examples(), task.examples());
    confusion(&path("confusion.svg"), &title, classes, &outcome.confusion)?;

    let image = |index: usize, label: usize, predicted: usize| {
        let caption = match label == predicted {
            true => classes[label].to_owned(),
            false => format!("{}, not {}", classes[predicted], classes[label]),
        };
        gallery.picture(index, &caption)
    };
    let first = labels.iter().zip(predicted).enumerate().take(SHOWN);
    let samples: Vec<Image> = first
        .filter_map(|(index, (&label, &predicted))| image(index, label as usize, predicted as usize))
        .collect();
    let worst = outcome.mistakes.iter().map(|mistake| &mistake.wrong);
    let mistakes: Vec<Image> =
        worst.filter_map(|wrong| image(wrong.index, wrong.label, wrong.predicted)).collect();
    if !samples.is_empty() {
        image_grid(&path("samples.svg"), "Test pictures, and what the network says", 6, &samples)?;
    }
    if !mistakes.is_empty() {
        image_grid(&path("mistakes.svg"), "The surest of its mistakes", 4, &mistakes)?;
    }
    Ok(())
}

/// A picture of the run, if it was drawn.
///
/// # Errors
/// If it is there and cannot be read.
pub(crate) fn read(run: &Run, name: &str) -> Result<Option<String>, RunError> {
    let path = run.folder.join("figures").join(name);
    match fs::read_to_string(&path) {
        Ok(svg) => Ok(Some(svg)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RunError::File { verb: "read", path, source }),
    }
}
