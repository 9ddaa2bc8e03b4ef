//! Kullback-Leibler divergence (`torch.nn.functional.kl_div`).
//!
//! `KL(p || q) = Σ p ln(p / q) = Σ p (ln p - ln q)`: how many nats it costs to expect `q` where `p` is true. It is never
//! negative, and 0 only for `p = q`. It is the expected negative log-likelihood of `q` under `p`, less the entropy of
//! `p`, which does not depend on the model: minimising it and minimising cross-entropy with soft targets are the same.
//!
//! The model gives `x = ln q`; the target is `p`, or `ln p`. Each term is `p (ln p - x)`, 0 where `p = 0`, and its slope
//! is `-p`. The order matters: here the target is on the left, so the model is punished for missing what is there.
//!
//! Shapes: both are equal, `[batch, ..]`. The target is a constant: it gets no gradient.

use ch01_tensors::{Array, Float};
use ch04_losses::{Reduction, same_shape};

/// Kullback-Leibler divergence of log-probabilities from a target.
///
/// The reduction is [`BatchMean`](Reduction::BatchMean) unless told: the mean over the batch of the sum over classes,
/// which is the divergence. PyTorch's default, the mean over batch and classes, is not.
#[derive(Clone, Copy, Debug)]
pub struct KlDiv {
    /// Whether the target is `ln p` instead of `p`.
    pub log_target: bool,
    /// How the terms become one number.
    pub reduction: Reduction,
}

impl Default for KlDiv {
    fn default() -> Self {
        KlDiv { log_target: false, reduction: Reduction::BatchMean }
    }
}

// ANCHOR: kl_div
impl KlDiv {
    /// The divergence of log-probabilities from the target.
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn forward<T: Float>(&self, log_q: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("kl_div", log_q, target);
        let terms: Array<T> = {
            // exercise: forward - The terms p (ln p - x), for both kinds of target. A probability of 0 costs nothing.
            log_q.zip_to("kl_div", target, |x, t| {
                let (p, log_p) = if self.log_target { (t.exp(), t) } else { (t, t.ln()) };
                if p == T::ZERO { T::ZERO } else { p * (log_p - x) }
            })
            // exercise: end
        };
        self.reduction.forward(terms)
    }

    /// The gradient with respect to the log-probabilities: `-g p`.
    ///
    /// # Panics
    /// When the shapes differ, or `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<T: Float>(&self, grad: &Array<T>, log_q: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("kl_div backward", log_q, target);
        let g = self.reduction.backward(grad, log_q.shape());
        // exercise: backward - Each term is p (ln p - x): its slope in x, times `g`.
        let slope = target.map_to(|t| if self.log_target { -t.exp() } else { -t });
        slope * &g
        // exercise: end
    }
}
// ANCHOR_END: kl_div
