//! Checks exercise e02_tally.

#[allow(unused)]
#[path = "../exercises/e02_tally.rs"]
mod tally;

use ch00_start::check::close;
use tally::{accuracy, largest, tally};

/// Four examples of three classes.
const PROBABILITIES: [f32; 12] = [0.7, 0.2, 0.1, 0.5, 0.25, 0.25, 0.125, 0.125, 0.75, 0.0, 0.25, 0.75];
const LABELS: [i64; 4] = [0, 1, 0, 2];

#[test]
fn the_largest_is_found() {
    for (row, want) in
        [(&[0.1, 0.7, 0.2][..], 1), (&[0.5, 0.2, 0.5], 0), (&[-3.0, -2.0, -1.0], 2), (&[1.0], 0)]
    {
        assert_eq!(largest(row), want, "largest of {row:?}");
    }
}

#[test]
fn every_example_is_counted_in_its_cell() {
    let counts = |counts: &[usize]| counts.iter().map(|&count| count as f64).collect::<Vec<_>>();
    let got = counts(&tally(&PROBABILITIES, &LABELS, 3).confusion);
    let mistakes: [(&str, &[f64]); 2] = [
        ("rows and columns are swapped: the row is the true class", &[1., 1., 0., 0., 0., 0., 1., 0., 1.]),
        ("only the right ones were counted", &[1., 0., 0., 0., 0., 0., 0., 0., 1.]),
    ];
    close("confusion", &got, &[1., 0., 1., 1., 0., 0., 0., 0., 1.], 0.0, &mistakes);
}

#[test]
fn the_surest_mistakes_come_first() {
    let mistakes = tally(&PROBABILITIES, &LABELS, 3).mistakes;
    let got: Vec<f64> = mistakes.iter().map(|wrong| wrong.probability).collect();
    let known: [(&str, &[f64]); 2] = [
        ("the least sure come first", &[0.5, 0.75]),
        ("the probability of the true class instead of the predicted one", &[0.25, 0.125]),
    ];
    close("probabilities of the mistakes", &got, &[0.75, 0.5], 1e-12, &known);
    assert_eq!((mistakes[0].index, mistakes[0].label, mistakes[0].predicted), (2, 0, 2), "the worst mistake");
}

#[test]
fn the_accuracy_is_the_share_on_the_diagonal() {
    let known: [(&str, &[f64]); 1] = [("divided by the classes instead of the examples", &[4.0])];
    close("accuracy", &[accuracy(&[5, 1, 1, 3, 4, 0, 2, 1, 3], 3)], &[0.6], 1e-12, &known);
}
