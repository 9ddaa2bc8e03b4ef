//! The area under the ROC curve: how well scores put the examples of a class before the others.
//!
//! A threshold on the score makes a decision of it. Moving the threshold from the largest score down, the true positive
//! rate (the share of the positive examples above it) rises against the false positive rate (that of the negative
//! ones); this is the ROC curve. The area below it has a meaning of its own:
//!
//! ```text
//! AUC = P(s₊ > s₋) + P(s₊ = s₋) / 2     for a positive and a negative example drawn at random
//!     = (R - n₊ (n₊ + 1) / 2) / (n₊ n₋)  with R the sum of the positive examples' ranks
//! ```
//!
//! because each negative example adds, as the threshold passes it, a strip as wide as 1/n₋ and as high as the share of
//! the positive ones above it. Examples with equal scores pass together, a slanted piece of the curve, and share their
//! mean rank. As scikit-learn's `roc_curve(drop_intermediate=False)` and `roc_auc_score` (`multi_class="ovr"`).

use ch01_tensors::{Tensor, fail};

use crate::calibration::classes;

/// Where a threshold puts a classifier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// Scores of at least this are taken to be positive; infinity at first.
    pub threshold: f64,
    /// The share of the negative examples that are taken to be positive.
    pub false_positives: f64,
    /// The share of the positive examples that are.
    pub true_positives: f64,
}

/// The indices of the scores, largest first.
#[track_caller]
fn descending(operation: &str, positive: &[bool], scores: &[f64]) -> Vec<usize> {
    if positive.len() != scores.len() {
        fail(operation, format_args!("{} labels for {} scores", positive.len(), scores.len()));
    }
    if let Some(bad) = scores.iter().find(|score| score.is_nan()) {
        fail(operation, format_args!("a score is {bad}"));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&i, &j| scores[j].total_cmp(&scores[i]));
    order
}

// ANCHOR: roc_curve
/// One point for each threshold that changes something, from (0, 0) to (1, 1). NaN where a class has no example.
///
/// # Panics
/// When there are not as many scores as labels, or a score is NaN.
#[track_caller]
pub fn roc_curve(positive: &[bool], scores: &[f64]) -> Vec<RocPoint> {
    let order = descending("roc_curve", positive, scores);
    let all = positive.iter().filter(|&&positive| positive).count() as f64;
    let (mut right, mut wrong) = (0.0, 0.0);
    let others = positive.len() as f64 - all;
    let point = |threshold, right: f64, wrong: f64| RocPoint {
        threshold,
        false_positives: wrong / others,
        true_positives: right / all,
    };
    let mut points = vec![point(f64::INFINITY, 0.0, 0.0)];
    for (place, &i) in order.iter().enumerate() {
        if positive[i] {
            right += 1.0
        } else {
            wrong += 1.0
        }
        // Equal scores pass the threshold together.
        if order.get(place + 1).is_none_or(|&next| scores[next] != scores[i]) {
            points.push(point(scores[i], right, wrong));
        }
    }
    points
}
// ANCHOR_END: roc_curve

// ANCHOR: roc_auc
/// The probability that a positive example scores higher than a negative one, equal scores counting half. NaN without
/// examples of both.
///
/// # Panics
/// When there are not as many scores as labels, or a score is NaN.
#[track_caller]
pub fn roc_auc(positive: &[bool], scores: &[f64]) -> f64 {
    let order = descending("roc_auc", positive, scores);
    let count = order.len();
    let all = positive.iter().filter(|&&positive| positive).count() as f64;
    let (mut ranks, mut from) = (0.0, 0);
    while from < count {
        let equal = order[from..].iter().take_while(|&&i| scores[i] == scores[order[from]]).count();
        // Rank 1 is the smallest score; those that are equal share the mean of their ranks.
        let rank = count as f64 - from as f64 - (equal as f64 - 1.0) / 2.0;
        ranks += rank * order[from..from + equal].iter().filter(|&&i| positive[i]).count() as f64;
        from += equal;
    }
    (ranks - all * (all + 1.0) / 2.0) / (all * (count as f64 - all))
}
// ANCHOR_END: roc_auc

/// The area for each class against all others, by its column of `scores`, `[examples, classes]`; NaN for a class without
/// examples.
///
/// # Panics
/// When there are not as many labels as rows, a label is none of the classes, or a score is NaN.
#[track_caller]
pub fn roc_auc_one_vs_rest(labels: &[i64], scores: &Tensor) -> Vec<f64> {
    let classes = classes("roc_auc_one_vs_rest", labels, scores);
    let scores: Vec<f64> = scores.iter().map(f64::from).collect();
    let area = |class: usize| {
        let positive: Vec<bool> = labels.iter().map(|&label| label == class as i64).collect();
        let column: Vec<f64> = scores.iter().skip(class).step_by(classes).copied().collect();
        roc_auc(&positive, &column)
    };
    (0..classes).map(area).collect()
}
