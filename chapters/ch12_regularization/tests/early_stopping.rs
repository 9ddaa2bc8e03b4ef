//! Early stopping: verdicts, patience, directions, and going on from a saved state.

use ch12_regularization::{EarlyStopping, Goal, Verdict};
use proptest::prelude::*;

use Verdict::{Improved, Stop, Waiting};

fn verdicts(mut stopping: EarlyStopping, values: &[f64]) -> Vec<Verdict> {
    values.iter().map(|&value| stopping.observe(value)).collect()
}

#[test]
fn patience_is_counted_in_a_row() {
    let losses = [1.0, 0.8, 0.9, 0.7, 0.7, 0.75, 0.71, 0.6];
    let stopping = EarlyStopping::new(Goal::Smallest, 3);
    let want = [Improved, Improved, Waiting, Improved, Waiting, Waiting, Stop, Improved];
    assert_eq!(verdicts(stopping, &losses), want);
    let accuracies = losses.map(|loss| 1.0 - loss);
    assert_eq!(verdicts(EarlyStopping::new(Goal::Largest, 3), &accuracies), want);
}

#[test]
fn the_best_is_known() {
    let mut stopping = EarlyStopping::new(Goal::Smallest, 2);
    for loss in [3.0, 1.0, 2.0, 2.5] {
        stopping.observe(loss);
    }
    assert_eq!((stopping.best, stopping.best_at, stopping.waited()), (Some(1.0), 1, 2));
}

#[test]
fn a_small_gain_is_no_gain() {
    let stopping = EarlyStopping { min_delta: 0.1, ..EarlyStopping::new(Goal::Smallest, 2) };
    // 0.95 and 0.91 are not better than 1.0 by more than 0.1: small steps do not add up to patience.
    assert_eq!(verdicts(stopping, &[1.0, 0.95, 0.91]), [Improved, Waiting, Stop]);
}

#[test]
fn nan_is_never_better() {
    let stopping = EarlyStopping::new(Goal::Smallest, 2);
    assert_eq!(
        verdicts(stopping.clone(), &[f64::NAN, 1.0, f64::NAN, f64::NAN]),
        [Waiting, Improved, Waiting, Stop]
    );
    assert_eq!(verdicts(stopping, &[f64::NAN, f64::NAN]), [Waiting, Stop]);
}

proptest! {
    #[test]
    fn property_early_stopping_is_the_definition(
        values in prop::collection::vec(0..6i32, 1..30), patience in 1usize..5, cut in 0usize..30
    ) {
        let mut stopping = EarlyStopping::new(Goal::Largest, patience);
        for (i, &value) in values.iter().enumerate() {
            if i == cut {
                // Going on from a copy of the state is going on.
                let EarlyStopping { goal, patience, min_delta, best, best_at, observed } = stopping;
                stopping = EarlyStopping { goal, patience, min_delta, best, best_at, observed };
            }
            let verdict = stopping.observe(f64::from(value));
            // The definition: the first place of the largest value so far is the best.
            let best = (0..=i).rev().max_by_key(|&j| values[j]).unwrap();
            let want = if best == i { Improved } else if i - best >= patience { Stop } else { Waiting };
            prop_assert_eq!(verdict, want);
            prop_assert_eq!((stopping.best, stopping.best_at), (Some(f64::from(values[best])), best));
        }
    }
}
