//! What the network can do, in words and in figures.

use std::path::Path;
use std::time::Duration;

use ch00_start::figure::{FigureError, Image, Series, heatmap, image_grid, lines_log_y};
use datasets::mnist::{CLASSES, Images};

use crate::train::{Outcome, accuracy};

/// How often each digit (row) was read as each digit (column).
fn confusion(labels: &[u8], read: &[u8]) -> [[usize; CLASSES]; CLASSES] {
    let mut counts = [[0; CLASSES]; CLASSES];
    for (&label, &read) in labels.iter().zip(read) {
        counts[usize::from(label)][usize::from(read)] += 1;
    }
    counts
}

/// The summary at the end.
pub(crate) fn print(test: &Images, outcome: &Outcome, took: Duration) {
    let wrong = test.labels.iter().zip(&outcome.read).filter(|(label, read)| label != read).count();
    println!(
        "\nTest: {:.2} % of {} images that it had never seen are read correctly ({wrong} mistakes; guessing gets 10 %).",
        100.0 * accuracy(&test.labels, &outcome.read),
        test.len(),
    );
    let counts = confusion(&test.labels, &outcome.read);
    let pairs =
        (0..CLASSES * CLASSES).map(|i| (i / CLASSES, i % CLASSES)).filter(|(label, read)| label != read);
    if let Some((label, read)) = pairs.max_by_key(|&(label, read)| counts[label][read])
        && counts[label][read] > 0
    {
        println!("Its most frequent mistake: a {label} read as {read}, {} times.", counts[label][read]);
    }
    println!("Time: {:.1} s.\n", took.as_secs_f64());
}

/// Draws the figures into `out`: some test images, what was mistaken for what, and the loss over time.
pub(crate) fn draw(out: &Path, test: &Images, outcome: &Outcome, real: bool) -> Result<(), FigureError> {
    let data = if real { "MNIST" } else { "generated digits" };
    let all = 100.0 * accuracy(&test.labels, &outcome.read);
    let title = format!("{data}: {all:.1} % of {} test images read correctly", test.len());
    image_grid(&out.join("predictions.svg"), &title, 10, &predictions(test, &outcome.read))?;

    let counts = confusion(&test.labels, &outcome.read);
    let mistakes: Vec<f64> = (0..CLASSES * CLASSES)
        .map(|i| (i / CLASSES, i % CLASSES))
        // The diagonal, what was read correctly, would drown the rest: it stays white.
        .map(|(label, read)| if label == read { f64::NAN } else { counts[label][read] as f64 })
        .collect();
    let title = format!("{data}: mistakes, how often which digit was taken for which");
    let (path, shape) = (out.join("mistakes.svg"), (CLASSES, CLASSES));
    heatmap(&path, &title, "read as", "the digit", shape, &mistakes)?;

    let series = [
        Series::new("training images, while learning", outcome.losses.clone()),
        Series::new("images kept aside, after each epoch", outcome.watched.clone()).marked(),
    ];
    lines_log_y(&out.join("loss.svg"), &format!("{data}: loss"), "epoch", "cross-entropy", &series)
}

/// Twenty images of which the network read all or most correctly, then up to ten that it misread.
fn predictions(test: &Images, read: &[u8]) -> Vec<Image> {
    let mistaken = |&index: &usize| read[index] != test.labels[index];
    let first = 0..test.len().min(20);
    let mistakes = (first.end..test.len()).filter(mistaken).take(10);
    let image = |index: usize| {
        let (label, read) = (test.labels[index], read[index]);
        let caption = if label == read { format!("{read}") } else { format!("{label} as {read}") };
        // Ink is dark on the page.
        let values: Vec<f32> =
            test.image(index).iter().map(|&pixel| 1.0 - f32::from(pixel) / 255.0).collect();
        Image::gray(&caption, test.rows, test.cols, &values)
    };
    first.clone().chain(mistakes).map(image).collect()
}
