//! Cross-entropy: three operations in a row, and so no backward rule of its own.

use ch01_tensors::{Array, Float};

use crate::Var;

impl<T: Float> Var<T> {
    // ANCHOR: cross_entropy
    /// The mean cross-entropy of logits `[.., classes]` and labels `[..]` (`torch.nn.functional.cross_entropy`, but with the
    /// classes on the last axis).
    ///
    /// # Panics
    /// When the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn cross_entropy(&self, labels: &Array<i64>) -> Var<T> {
        -self.log_softmax(-1).gather(-1, &labels.clone().unsqueeze(-1)).mean(.., false)
    }
    // ANCHOR_END: cross_entropy
}
