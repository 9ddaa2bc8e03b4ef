//! Checks exercise e01_confusion.

#[allow(unused)]
#[path = "../exercises/e01_confusion.rs"]
mod confusion;

use ch00_start::check::close;
use confusion::Confusion;

const CLASSES: usize = 4;
/// Class 3 occurs, but is never predicted.
const LABELS: [i64; 12] = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3];
const GUESSES: [i64; 12] = [0, 0, 0, 1, 2, 1, 1, 0, 2, 0, 0, 1];

fn confusion() -> Confusion {
    Confusion::new(&LABELS, &GUESSES, CLASSES)
}

/// Straight from the lists, without a matrix.
fn how_many(holds: impl Fn(i64, i64) -> bool) -> f64 {
    LABELS.iter().zip(&GUESSES).filter(|&(&label, &guess)| holds(label, guess)).count() as f64
}

fn per_class(f: impl Fn(i64) -> f64) -> Vec<f64> {
    (0..CLASSES as i64).map(f).collect()
}

fn precision() -> Vec<f64> {
    let predicted = |c| how_many(|_, guess| guess == c);
    per_class(|c| how_many(|label, guess| label == c && guess == c) / predicted(c).max(1.0))
}

fn recall() -> Vec<f64> {
    per_class(|c| how_many(|label, guess| label == c && guess == c) / how_many(|label, _| label == c))
}

fn harmonic(p: f64, r: f64) -> f64 {
    if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) }
}

fn f1() -> Vec<f64> {
    precision().iter().zip(recall()).map(|(&p, r)| harmonic(p, r)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn counts_have_labels_in_rows() {
    let matrix = |row: fn(i64, i64) -> i64, column: fn(i64, i64) -> i64| -> Vec<f64> {
        let places = (0..CLASSES * CLASSES).map(|i| ((i / CLASSES) as i64, (i % CLASSES) as i64));
        places
            .map(|(i, j)| how_many(|label, guess| row(label, guess) == i && column(label, guess) == j))
            .collect()
    };
    let (label, guess): (fn(i64, i64) -> i64, fn(i64, i64) -> i64) = (|label, _| label, |_, guess| guess);
    let got: Vec<f64> = confusion().counts().iter().map(|&count| count as f64).collect();
    let mistakes: [(&str, &[f64]); 1] =
        [("the matrix is transposed: rows are labels, columns are predictions", &matrix(guess, label))];
    close("the counts", &got, &matrix(label, guess), 1e-12, &mistakes);
}

#[test]
fn accuracy_is_the_share_of_all() {
    let want = how_many(|label, guess| label == guess) / 12.0;
    let mistakes: [(&str, &[f64]); 1] =
        [("the mean of the recalls: classes count alike", &[mean(&recall())])];
    close("accuracy", &[confusion().accuracy()], &[want], 1e-12, &mistakes);
}

#[test]
fn scores_of_each_class() {
    let scores: Vec<_> = (0..CLASSES).map(|class| confusion().scores(class)).collect();
    let get = |f: fn(&confusion::Scores) -> f64| scores.iter().map(f).collect::<Vec<f64>>();
    let swapped: [(&str, &[f64]); 1] = [("this is the recall: precision asks about a column", &recall())];
    close("precision", &get(|s| s.precision), &precision(), 1e-12, &swapped);
    let swapped: [(&str, &[f64]); 1] = [("this is the precision: recall asks about a row", &precision())];
    close("recall", &get(|s| s.recall), &recall(), 1e-12, &swapped);
    let arithmetic: Vec<f64> = precision().iter().zip(recall()).map(|(p, r)| (p + r) / 2.0).collect();
    let mistakes: [(&str, &[f64]); 1] =
        [("the arithmetic mean of precision and recall, not the harmonic", &arithmetic)];
    close("F1", &get(|s| s.f1), &f1(), 1e-12, &mistakes);
    close("support", &get(|s| s.support as f64), &per_class(|c| how_many(|label, _| label == c)), 0.0, &[]);
}

#[test]
fn macro_average_is_the_mean_over_classes() {
    let got = confusion().macro_average();
    let (p, r) = (mean(&precision()), mean(&recall()));
    close("macro precision and recall", &[got.precision, got.recall], &[p, r], 1e-12, &[]);
    let mistakes: [(&str, &[f64]); 1] =
        [("F1 of the mean precision and recall, not the mean of the F1s", &[harmonic(p, r)])];
    close("macro F1", &[got.f1], &[mean(&f1())], 1e-12, &mistakes);
}
