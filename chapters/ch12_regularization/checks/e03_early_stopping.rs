//! Checks exercise e03_early_stopping.

#[allow(unused)]
#[path = "../exercises/e03_early_stopping.rs"]
mod early_stopping;

use ch00_start::check::close;
use early_stopping::{EarlyStopping, Goal, Verdict};

/// The verdicts as numbers: 0 improved, 1 waiting, 2 stop.
fn verdicts(stopping: &mut EarlyStopping, values: &[f64]) -> Vec<f64> {
    let number = |verdict| match verdict {
        Verdict::Improved => 0.0,
        Verdict::Waiting => 1.0,
        Verdict::Stop => 2.0,
    };
    values.iter().map(|&value| number(stopping.observe(value))).collect()
}

#[test]
fn the_best_counts_not_the_last() {
    let losses = [0.9, 0.5, 0.8, 0.7, 0.6, 0.65];
    let mistakes: [(&str, &[f64]); 3] = [
        ("compared with the value before instead of the best one", &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0]),
        (
            "stops one observation too late: the patience-th failure in a row stops",
            &[0.0, 0.0, 1.0, 1.0, 1.0, 2.0],
        ),
        ("stops one observation too early", &[0.0, 0.0, 1.0, 2.0, 2.0, 2.0]),
    ];
    let mut stopping = EarlyStopping::new(Goal::Smallest, 3);
    let got = verdicts(&mut stopping, &losses);
    close("verdicts on losses", &got, &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], 0.0, &mistakes);
    let state = [stopping.best.unwrap_or(f64::NAN), stopping.best_at as f64, stopping.observed as f64];
    let late: [(&str, &[f64]); 1] = [("best_at counts from 0", &[0.5, 2.0, 6.0])];
    close("best, best_at and observed", &state, &[0.5, 1.0, 6.0], 0.0, &late);
}

#[test]
fn failures_count_in_a_row() {
    let losses = [1.0, 1.1, 1.2, 0.9, 1.0, 1.0, 1.0];
    let got = verdicts(&mut EarlyStopping::new(Goal::Smallest, 3), &losses);
    let mistakes: [(&str, &[f64]); 1] =
        [("an improvement must start the count of failures anew", &[0.0, 1.0, 1.0, 0.0, 2.0, 2.0, 2.0])];
    close("verdicts after a late gain", &got, &[0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 2.0], 0.0, &mistakes);
}

#[test]
fn the_goal_has_a_direction() {
    let accuracies = [0.5, 0.7, 0.6];
    let got = verdicts(&mut EarlyStopping::new(Goal::Largest, 2), &accuracies);
    let mistakes: [(&str, &[f64]); 1] = [("for Goal::Largest, larger is better", &[0.0, 1.0, 2.0])];
    close("verdicts on accuracies", &got, &[0.0, 0.0, 1.0], 0.0, &mistakes);
}

#[test]
fn small_gains_and_nan_are_none() {
    let mut stopping = EarlyStopping { min_delta: 0.1, ..EarlyStopping::new(Goal::Smallest, 3) };
    let got = verdicts(&mut stopping, &[1.0, 0.95, 0.875, 0.7]);
    let ignored: [(&str, &[f64]); 1] = [("min_delta was ignored", &[0.0; 4])];
    close("verdicts with min_delta = 0.1", &got, &[0.0, 1.0, 0.0, 0.0], 0.0, &ignored);
    let got = verdicts(&mut EarlyStopping::new(Goal::Smallest, 2), &[f64::NAN, 1.0, f64::NAN, f64::NAN]);
    let first: [(&str, &[f64]); 1] =
        [("NaN must never become the best: nothing is better than NaN", &[0.0, 1.0, 2.0, 2.0])];
    close("verdicts with NaN", &got, &[1.0, 0.0, 1.0, 2.0], 0.0, &first);
}
