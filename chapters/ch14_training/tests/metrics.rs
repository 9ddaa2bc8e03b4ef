//! Metrics against scikit-learn's (made by tests/golden/make_ch14.py), and what must hold for any decisions; the history
//! file; what a failing power supply leaves of a replaced file.
//!
//! Both sides divide the same counts in 64 bits; means are summed in another order: 1e-12 leaves room for that.

mod simulated_disk;

use std::path::Path;

use ch01_tensors::npz;
use ch14_training::{
    Confusion, EpochRow, History, HistoryError, Scores, brier_score, confidences, expected_calibration_error,
    fit_temperature, reliability, replace, roc_auc, roc_auc_one_vs_rest, roc_curve, top_k_accuracy,
};
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

#[test]
fn golden_roc() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    let floats = |name: String| golden[&name].f64().unwrap().to_vec();
    for case in 0..4 {
        let positive: Vec<bool> =
            golden[&format!("roc.{case}.positive")].i64().unwrap().iter().map(|label| label == 1).collect();
        let scores = floats(format!("roc.{case}.scores"));
        let points = roc_curve(&positive, &scores);
        let curve = points.iter().flat_map(|p| [p.threshold, p.false_positives, p.true_positives]);
        let (ours, theirs) = (curve.skip(1).collect::<Vec<_>>(), floats(format!("roc.{case}.curve")));
        // The first threshold is infinity, which has no distance from itself.
        assert_eq!((points[0].threshold, theirs[0]), (f64::INFINITY, f64::INFINITY));
        assert_close(&format!("case {case}, curve"), &ours, &theirs[1..]);
        let area = roc_auc(&positive, &scores);
        assert_close(&format!("case {case}, area"), &[area], &floats(format!("roc.{case}.area")));
        // The area by its definition, under the curve.
        let strip = |pair: &[ch14_training::RocPoint]| {
            let width = pair[1].false_positives - pair[0].false_positives;
            width * (pair[0].true_positives + pair[1].true_positives) / 2.0
        };
        assert_close("by trapezes", &[points.windows(2).map(strip).sum()], &[area]);
    }
    let (p, labels) = (golden["many.p"].f32().unwrap(), golden["many.labels"].i64().unwrap().to_vec());
    let areas = roc_auc_one_vs_rest(&labels, &p);
    assert_close("each class against the rest", &areas, &floats("many.areas".to_owned()));
    // The means over the classes, as scikit-learn takes them.
    let share =
        |class: usize| labels.iter().filter(|&&l| l == class as i64).count() as f64 / labels.len() as f64;
    assert_close("macro", &[areas.iter().sum::<f64>() / 5.0], &floats("many.macro".to_owned()));
    let weighted = areas.iter().enumerate().map(|(class, area)| share(class) * area).sum();
    assert_close("weighted", &[weighted], &floats("many.weighted".to_owned()));
    // Rows of 32-bit probabilities sum to 1 up to 1e-7, which scikit-learn was not given.
    let (ours, theirs) = (brier_score(&labels, &p), floats("many.brier".to_owned())[0]);
    assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
    assert!(roc_auc(&[true, true], &[0.1, 0.2]).is_nan(), "there is no negative example");
    assert!(roc_auc_one_vs_rest(&[0, 1, 0], &p.narrow(0, 0, 3)).iter().skip(2).all(|area| area.is_nan()));
}

#[test]
fn golden_calibration() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    let confidence = golden["calibration.confidence"].f64().unwrap().to_vec();
    let right: Vec<bool> =
        golden["calibration.right"].i64().unwrap().iter().map(|right| right == 1).collect();
    for bins in [5, 10, 15] {
        let curve = reliability(&right, &confidence, bins);
        let counts: Vec<i64> = curve.iter().map(|bin| bin.count as i64).collect();
        assert_eq!(counts, golden[&format!("calibration.{bins}.counts")].i64().unwrap().to_vec());
        let filled = curve.iter().filter(|bin| bin.count > 0);
        let ours: Vec<f64> = filled.flat_map(|bin| [bin.came_true, bin.confidence]).collect();
        assert_close("curve", &ours, &golden[&format!("calibration.{bins}.curve")].f64().unwrap().to_vec());
        let error = golden[&format!("calibration.{bins}.ece")].f64().unwrap().to_vec();
        assert_close("error", &[expected_calibration_error(&curve)], &error);
    }
}

#[test]
fn labels_that_do_not_fit_a_table_are_named() {
    let table = ch01_tensors::Tensor::zeros([2, 3]);
    let message = |labels: &'static [i64]| {
        let table = table.clone();
        let panic = std::panic::catch_unwind(move || fit_temperature(labels, &table)).unwrap_err();
        panic.downcast_ref::<String>().expect("a message").clone()
    };
    assert!(message(&[0, 3]).contains("fit_temperature: the label 3 is none of 3 classes"));
    assert!(message(&[0, -1]).contains("the label -1 is none"));
    assert!(message(&[0]).contains("1 labels for a table of shape [2, 3]"));
}

#[test]
fn a_temperature_makes_confidence_honest() {
    let golden =
        npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch14.npz")).unwrap();
    let (logits, labels) =
        (golden["many.logits"].f32().unwrap(), golden["many.labels"].i64().unwrap().to_vec());
    let honest = fit_temperature(&labels, &logits);
    // Overconfident by a factor: exactly that factor more, up to the rounding of 32 bits.
    let ratio = fit_temperature(&labels, &(&logits * 4.0)) / honest;
    assert!((ratio - 4.0).abs() < 1e-5, "{ratio}");
    let error = |logits: ch01_tensors::Tensor| {
        let (right, sure) = confidences(&labels, &ch03_neurons::softmax(logits, 1));
        expected_calibration_error(&reliability(&right, &sure, 10))
    };
    let (before, after) = (error(&logits * 4.0), error(&logits * (1.0 / honest as f32)));
    assert!(after < 0.6 * before, "{before} {after}");
}

proptest! {
    #[test]
    fn property_roc(pairs in prop::collection::vec((any::<bool>(), 0u8..9), 2..60)) {
        let (positive, scores): (Vec<bool>, Vec<f64>) = pairs.into_iter().map(|(p, s)| (p, f64::from(s))).unzip();
        let area = roc_auc(&positive, &scores);
        let pairs = || (0..scores.len()).flat_map(|i| (0..scores.len()).map(move |j| (i, j)));
        let (mut wins, mut all) = (0.0, 0.0);
        for (i, j) in pairs().filter(|&(i, j)| positive[i] && !positive[j]) {
            all += 1.0;
            wins += if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
        }
        prop_assert!(all == 0.0 && area.is_nan() || (area - wins / all).abs() < 1e-12, "a pair drawn at random");
        // Only the order counts; turned round, the area is the rest of 1.
        let stretched: Vec<f64> = scores.iter().map(|s| s.powi(3) - 5.0).collect();
        let turned: Vec<f64> = scores.iter().map(|s| -s).collect();
        prop_assert!(all == 0.0 || roc_auc(&positive, &stretched) == area);
        prop_assert!(all == 0.0 || (roc_auc(&positive, &turned) + area - 1.0).abs() < 1e-12);
    }

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
