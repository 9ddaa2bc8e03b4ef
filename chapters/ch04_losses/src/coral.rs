//! Ordinal regression, CORAL (Cao, Mirjalili and Raschka 2020; `coral_loss` of the package coral-pytorch).
//!
//! Ranks such as star ratings are ordered: to take 5 for 4 is better than to take 1 for 4. `K` ranks, from 0, become
//! `K - 1` yes-or-no questions, "is it above k?", with one logit each:
//!
//! ```text
//! l = Σ_k w_k bce(z_k, [y > k])              dl/dz_k = w_k (σ(z_k) - [y > k])
//! ```
//!
//! Each term is the negative log-likelihood of its question. Their sum treats the questions as independent, which they
//! are not: it is a composite likelihood. In the model all logits share one weight vector, `z_k = w·x + b_k`, so that
//! the answers cannot contradict each other once the biases are ordered.
//!
//! Shapes: logits `[batch, K - 1]`, labels `[batch]` from 0 to `K - 1`; one loss per row, summed over the questions.

use ch01_tensors::{Array, Float, Num, fail};
use ch03_neurons::{sigmoid_at, softplus_at};
use ch04_losses::Reduction;

/// CORAL's loss with its options.
#[derive(Clone, Debug)]
pub struct Coral<T: Float = f32> {
    /// `[K - 1]`: how much each question counts.
    pub importance: Option<Array<T>>,
    /// How the rows become one number.
    pub reduction: Reduction,
}

impl<T: Float> Default for Coral<T> {
    fn default() -> Self {
        Coral { importance: None, reduction: Reduction::Mean }
    }
}

// ANCHOR: coral
impl<T: Float> Coral<T> {
    /// The loss of logits against ranks.
    ///
    /// # Panics
    /// When a shape does not fit, or a label is not a rank.
    #[track_caller]
    pub fn forward<L: Num>(&self, logits: &Array<T>, ranks: &Array<L>) -> Array<T> {
        let above = self.questions("coral", logits, ranks);
        let term = |z: T, above| softplus_at(if above { -z } else { z });
        let terms = self.weighted(logits.zip_to("coral", &above, term));
        self.reduction.forward(terms.sum(-1, false))
    }

    /// The gradient with respect to the logits.
    ///
    /// # Panics
    /// As [`forward`](Coral::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<L: Num>(&self, grad: &Array<T>, logits: &Array<T>, ranks: &Array<L>) -> Array<T> {
        let above = self.questions("coral backward", logits, ranks);
        let g = self.reduction.backward(grad, ranks.shape()).unsqueeze(-1);
        let slope = |z: T, above| if above { -sigmoid_at(-z) } else { sigmoid_at(z) };
        self.weighted(logits.zip_to("coral backward", &above, slope)) * &g
    }
}

/// The rank that logits `[batch, K - 1]` stand for: how many questions are answered with yes, `[batch]`.
///
/// # Panics
/// When there is no axis to count over.
#[track_caller]
pub fn coral_rank<T: Float>(logits: &Array<T>) -> Array<i64> {
    logits.map_to(|z| i64::from(z > T::ZERO)).sum(-1, false)
}
// ANCHOR_END: coral

impl<T: Float> Coral<T> {
    /// `[y > k]`, in the shape of the logits.
    #[track_caller]
    fn questions<L: Num>(&self, operation: &str, logits: &Array<T>, ranks: &Array<L>) -> Array<bool> {
        if logits.ndim() != 2 || *ranks.shape() != [logits.shape()[0]] {
            let (logits, ranks) = (logits.shape(), ranks.shape());
            fail(
                operation,
                format_args!("logits {logits:?} and ranks {ranks:?} are not [batch, K - 1] and [batch]"),
            );
        }
        let questions = logits.dim(1);
        if let Some(importance) = &self.importance
            && *importance.shape() != [questions]
        {
            fail(
                operation,
                format_args!("importance {:?} is not one per question: [{questions}]", importance.shape()),
            );
        }
        for (row, rank) in ranks.iter().enumerate() {
            let rank_f64 = rank.to_f64();
            if !(0.0..=questions as f64).contains(&rank_f64) || rank_f64.fract() != 0.0 {
                fail(
                    operation,
                    format_args!("label {rank} of row {row} is not a rank from 0 to {questions}"),
                );
            }
        }
        let k = Array::<i64>::arange(0, questions as i64, 1);
        ranks.clone().unsqueeze(-1).zip_to(operation, &k, |y, k| y.to_f64() > k as f64)
    }

    fn weighted(&self, terms: Array<T>) -> Array<T> {
        match &self.importance {
            Some(importance) => terms * importance,
            None => terms,
        }
    }
}
