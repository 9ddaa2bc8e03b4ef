//! Calibration: does "70 percent sure" mean right seven times out of ten?
//!
//! Examples are put in bins by their confidence. In each, the mean confidence `c` and the share `a` that is right should
//! agree; the expected calibration error is their distance, weighted by the bins' sizes (Guo et al. 2017):
//!
//! ```text
//! ECE = Σ_b n_b / N |a_b - c_b|
//! ```
//!
//! The Brier score is the mean squared distance of the predicted distribution from the true one, `Σ_k (p_k - [k = y])²`.
//! It needs no bins, and falls with calibration and with sharpness: for one event of probability `q` predicted as `p`,
//! its mean `q (1-p)² + (1-q) p² = (p - q)² + q (1 - q)` is smallest at `p = q`.
//!
//! As scikit-learn's `calibration_curve(strategy="uniform")` and `brier_score_loss`.

use ch01_tensors::{Tensor, fail};

/// How many classes a table of scores `[examples, classes]` has, once it is known to fit the labels.
#[track_caller]
pub(crate) fn classes(operation: &str, labels: &[i64], scores: &Tensor) -> usize {
    if scores.ndim() != 2 || scores.dim(0) != labels.len() {
        let shape = scores.shape();
        fail(operation, format_args!("{} labels for a table of shape {shape:?}", labels.len()));
    }
    let classes = scores.dim(1);
    if let Some(label) = labels.iter().find(|label| !(0..classes as i64).contains(label)) {
        fail(operation, format_args!("the label {label} is none of {classes} classes"));
    }
    classes
}

/// The examples whose confidence lies between two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Confidences above this (or equal, in the first bin) …
    pub above: f64,
    /// … up to this.
    pub up_to: f64,
    /// How many examples.
    pub count: usize,
    /// Their mean confidence; NaN without examples.
    pub confidence: f64,
    /// The share of them that came true; NaN without examples.
    pub came_true: f64,
}

// ANCHOR: reliability
/// The reliability curve: what was predicted with some confidence, and how often it came true, in `bins` bins of equal
/// width.
///
/// # Panics
/// When there are not as many outcomes as confidences, one of these is not in `0..=1`, or there are no bins.
#[track_caller]
pub fn reliability(came_true: &[bool], confidences: &[f64], bins: usize) -> Vec<ReliabilityBin> {
    if came_true.len() != confidences.len() || bins == 0 {
        let (outcomes, given) = (came_true.len(), confidences.len());
        fail("reliability", format_args!("{outcomes} outcomes, {given} confidences, {bins} bins"));
    }
    if let Some(bad) = confidences.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        fail("reliability", format_args!("the confidence {bad} is not between 0 and 1"));
    }
    let edge = |i: usize| i as f64 * (1.0 / bins as f64);
    let mut all: Vec<_> = (0..bins).map(|i| (edge(i), edge(i + 1), 0, 0.0, 0.0)).collect();
    for (&p, &came_true) in confidences.iter().zip(came_true) {
        let bin = (1..bins).take_while(|&i| edge(i) < p).count();
        all[bin].2 += 1;
        all[bin].3 += p;
        all[bin].4 += f64::from(u8::from(came_true));
    }
    let bin = |&(above, up_to, count, p, came_true): &(f64, f64, usize, f64, f64)| ReliabilityBin {
        above,
        up_to,
        count,
        confidence: p / count as f64,
        came_true: came_true / count as f64,
    };
    all.iter().map(bin).collect()
}

/// The expected calibration error of a reliability curve; NaN without examples.
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let gap = |bin: &ReliabilityBin| bin.count as f64 * (bin.came_true - bin.confidence).abs();
    let count: usize = bins.iter().map(|bin| bin.count).sum();
    bins.iter().filter(|bin| bin.count > 0).map(gap).sum::<f64>() / count as f64
}
// ANCHOR_END: reliability

/// The mean squared distance of the probabilities `[examples, classes]` from what was true, between 0 and 2.
///
/// # Panics
/// When there are not as many labels as rows, or a label is none of the classes.
#[track_caller]
pub fn brier_score(labels: &[i64], probabilities: &Tensor) -> f64 {
    let classes = classes("brier_score", labels, probabilities);
    let values: Vec<f64> = probabilities.iter().map(f64::from).collect();
    let mut sum = 0.0;
    for (row, &label) in values.chunks(classes.max(1)).zip(labels) {
        let distance = |(class, p): (usize, &f64)| (p - f64::from(u8::from(class as i64 == label))).powi(2);
        sum += row.iter().enumerate().map(distance).sum::<f64>();
    }
    sum / labels.len() as f64
}

/// The confidence in each prediction, the largest probability of a row `[examples, classes]`, and whether it is right:
/// what [`reliability`] takes.
///
/// # Panics
/// When there are not as many labels as rows, or a label is none of the classes.
#[track_caller]
pub fn confidences(labels: &[i64], probabilities: &Tensor) -> (Vec<bool>, Vec<f64>) {
    classes("confidences", labels, probabilities);
    let (largest, guesses) = (probabilities.max(1, false), probabilities.argmax(1, false));
    let right = guesses.iter().zip(labels).map(|(guess, &label)| guess == label).collect();
    (right, largest.iter().map(f64::from).collect())
}

// ANCHOR: temperature
/// The temperature `T` for which `softmax(logits / T)` has the smallest cross-entropy on these examples, `[examples,
/// classes]`: one number that makes a network's confidence honest and changes none of its predictions (Guo et al. 2017).
/// To be found on validation examples. Between 1/50 and 50.
///
/// # Panics
/// When there are not as many labels as rows, or a label is none of the classes.
#[track_caller]
pub fn fit_temperature(labels: &[i64], logits: &Tensor) -> f64 {
    let classes = classes("fit_temperature", labels, logits);
    let values: Vec<f64> = logits.iter().map(f64::from).collect();
    // The derivative of the cross-entropy with respect to b = 1 / T is Σ (Σ_k p_k z_k - z_y), which grows with b: its sign
    // says on which side the smallest value lies.
    let slope = |b: f64| {
        let of_row = |(row, &label): (&[f64], &i64)| {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights = || row.iter().map(|z| (b * (z - largest)).exp());
            let mean = weights().zip(row).map(|(w, z)| w * z).sum::<f64>() / weights().sum::<f64>();
            mean - row[label as usize]
        };
        values.chunks(classes).zip(labels).map(of_row).sum::<f64>()
    };
    let (mut low, mut high) = (1.0 / 50.0, 50.0);
    for _ in 0..60 {
        let middle = f64::sqrt(low * high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    1.0 / f64::sqrt(low * high)
}
// ANCHOR_END: temperature
