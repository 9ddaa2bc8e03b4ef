//! Labels as probabilities (`torch.nn.functional.one_hot`, smoothed after Szegedy et al. 2016).
//!
//! A label says "class y, certainly". No finite logits can satisfy that: the loss falls for ever as they grow. Smoothing
//! gives a share `ε` of the probability to all classes evenly, the true one included:
//!
//! ```text
//! t_c = (1 - ε) [c = y] + ε / C
//! ```
//!
//! which the logits satisfy exactly at `z_y - z_c = ln(1 + C (1 - ε) / ε)`. `CrossEntropy { label_smoothing, .. }` does
//! the same without making these rows.
//!
//! Shapes: labels `[batch]`, result `[batch, classes]`.

use ch01_tensors::{Array, Float, fail};

/// One row of probabilities for each label, with a share `epsilon` spread over all classes; `epsilon = 0` is one-hot.
///
/// # Panics
/// When the labels are not `[batch]`, a label is not a class, or `epsilon` is not within `0..=1`.
#[track_caller]
pub fn smooth_labels<T: Float>(labels: &Array<i64>, classes: usize, epsilon: f64) -> Array<T> {
    if labels.ndim() != 1 || !(0.0..=1.0).contains(&epsilon) {
        let labels = labels.shape();
        fail("smooth_labels", format_args!("labels {labels:?} must be [batch], and {epsilon} within 0..=1"));
    }
    if let Some((row, label)) = labels.iter().enumerate().find(|(_, y)| !(0..classes as i64).contains(y)) {
        fail(
            "smooth_labels",
            format_args!("label {label} of row {row} is not one of the {classes} classes, 0 first"),
        );
    }
    // Yours: Row i holds (1 - epsilon) [c = y_i] + epsilon / classes. `Array::from_fn` calls a function with
    // the index [i, c] of every element.
    todo!()
}
