//! Metrics against scikit-learn's (made by tests/golden/make_ch14.py), and what must hold for any decisions; the history
//! file; what a failing power supply leaves of a replaced file.
//!
//! Both sides divide the same counts in 64 bits; means are summed in another order: 1e-12 leaves room for that.

mod simulated_disk;

use std::path::Path;

use ch01_tensors::npz;
use ch14_training::{Confusion, EpochRow, History, HistoryError, Scores, replace, top_k_accuracy};
use proptest::prelude::*;

#[track_caller]
fn assert_close(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 1e-12, "{what}: ours {ours:?}, scikit-learn's {theirs:?}");
    }
}

fn three(scores: Scores) -> [f64; 3] {
    [scores.precision, scores.recall, scores.f1]
}

#[test]
fn golden_confusion() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    for case in 0..8 {
        let ints = |name: &str| golden[&format!("{case}.{name}")].i64().unwrap().to_vec();
        let floats = |name: &str| golden[&format!("{case}.{name}")].f64().unwrap().to_vec();
        let matrix = ints("matrix");
        let classes = matrix.len().isqrt();
        let confusion = Confusion::new(&ints("labels"), &ints("guesses"), classes);
        let counts: Vec<i64> = confusion.counts().iter().map(|&count| count as i64).collect();
        assert_eq!(counts, matrix, "case {case}");
        assert_eq!(Confusion::from_counts(confusion.counts().to_vec(), classes), confusion);
        assert_close("accuracy", &[confusion.accuracy()], &floats("accuracy"));
        let scores = (0..classes).map(|class| confusion.scores(class));
        let scores: Vec<f64> = scores.flat_map(|s| [s.precision, s.recall, s.f1, s.support as f64]).collect();
        assert_close(&format!("case {case}, scores"), &scores, &floats("scores"));
        assert_close(&format!("case {case}, macro"), &three(confusion.macro_average()), &floats("macro"));
        assert_close(
            &format!("case {case}, weighted"),
            &three(confusion.weighted_average()),
            &floats("weighted"),
        );
    }
}

#[test]
fn golden_top_k() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    let (logits, labels) =
        (golden["top.logits"].f32().unwrap(), golden["top.labels"].i64().unwrap().to_vec());
    let ours: Vec<f64> = (1..7).map(|k| top_k_accuracy(&logits, &labels, k)).collect();
    assert_close("top-k accuracy", &ours, &golden["top.accuracy"].f64().unwrap().to_vec());
}

proptest! {
    #[test]
    fn property_confusion(pairs in prop::collection::vec((0i64..5, 0i64..5), 1..80)) {
        let (labels, guesses): (Vec<i64>, Vec<i64>) = pairs.into_iter().unzip();
        let confusion = Confusion::new(&labels, &guesses, 5);
        let swapped = Confusion::new(&guesses, &labels, 5);
        for class in 0..5 {
            let (one, other) = (confusion.scores(class), swapped.scores(class));
            // What is a row for one is a column for the other.
            prop_assert_eq!((one.precision, one.recall), (other.recall, other.precision));
            prop_assert_eq!(one.f1, other.f1);
            let (low, high) = (one.precision.min(one.recall), one.precision.max(one.recall));
            prop_assert!(low - 1e-12 <= one.f1 && one.f1 <= high + 1e-12, "a mean lies between");
        }
        // Every example is of one class: recall, weighted by the classes' sizes, is accuracy.
        prop_assert!((confusion.weighted_average().recall - confusion.accuracy()).abs() < 1e-12);
        prop_assert_eq!(Confusion::new(&labels, &labels, 5).accuracy(), 1.0);
    }

    #[test]
    fn property_history_comes_back(rows in prop::collection::vec(prop::array::uniform7(any::<f64>()), 0..5)) {
        let row = |(i, x): (usize, &[f64; 7])| EpochRow {
            epoch: i as u64,
            steps: 3 * i as u64 + 3,
            train_loss: x[0],
            train_accuracy: x[1],
            valid_loss: x[2],
            valid_accuracy: x[3],
            rate: x[4],
            gradient_norm: x[5],
            seconds: x[6],
        };
        let history = History { epochs: rows.iter().enumerate().map(row).collect(), ..History::default() };
        let text = history.to_csv();
        // NaN is not equal to itself, so the texts are compared; every other float comes back bit for bit.
        let again = History::from_csv(&text, "here").unwrap();
        prop_assert_eq!(again.to_csv(), text);
        for (a, b) in again.epochs.iter().zip(&history.epochs) {
            prop_assert!(a.train_loss.to_bits() == b.train_loss.to_bits() || b.train_loss.is_nan());
        }
    }
}

#[test]
fn a_history_that_is_none_is_refused() {
    let good = History { epochs: vec![row(0), row(1)], ..History::default() }.to_csv();
    let error = |text: &str| match History::from_csv(text, "it").unwrap_err() {
        HistoryError::Line { line, problem, .. } => (line, problem),
        other => panic!("{other}"),
    };
    assert_eq!(error("epoch;loss\n").0, 1);
    assert_eq!(error(&good.replace("\n1,", "\n2,")), (3, "epoch 2 where 1 is next".to_owned()));
    assert_eq!(error(&good.replace("0.5", "half")), (2, "'half' is no number".to_owned()));
    // Cut anywhere but at the end of a line or of a number.
    assert_eq!(error(&good[..good.len() - 12]).0, 3);
    assert!(History::load("/nowhere/history.csv").unwrap_err().to_string().contains("/nowhere/history.csv"));
}

fn row(epoch: u64) -> EpochRow {
    EpochRow {
        epoch,
        steps: 10 * (epoch + 1),
        train_loss: 0.5,
        train_accuracy: 0.75,
        valid_loss: 0.625,
        valid_accuracy: 0.8125,
        rate: 1e-3,
        gradient_norm: 2.0,
        seconds: 3.25,
    }
}

#[test]
fn a_power_failure_leaves_the_old_file_or_the_new_one() {
    let outcomes = simulated_disk::every_power_failure(replace);
    assert!(outcomes.iter().all(|outcome| outcome.is_ok()), "{outcomes:?}");
    // The simulation can tell: without the syncs, something is lost.
    let careless = simulated_disk::every_power_failure(|disk, path, content| {
        disk.write(&path.with_extension("tmp"), content)?;
        disk.rename(&path.with_extension("tmp"), path)
    });
    assert!(careless.iter().any(|outcome| outcome.is_err()));
}
