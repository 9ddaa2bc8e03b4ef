//! Which tokens may be drawn at all: the `k` most probable (Fan et al. 2018), or the smallest set that holds the share `p`
//! of the probability (nucleus sampling, Holtzman et al. 2020).
//!
//! A model gives every token some probability, and the long tail of tokens that are each all but impossible may hold a
//! tenth of it: who draws from the whole distribution draws nonsense every few tokens. `k` cuts off the tail after a fixed
//! number, whether the model is sure or not; `p` cuts where the tail begins.
//!
//! Both work on the probabilities of one place and set what may not be drawn to 0; the rest keeps its ratios. They follow
//! `TopKLogitsWarper` and `TopPLogitsWarper` of the transformers library.

use ch01_tensors::fail;

/// Sets all but the `k` largest probabilities to 0; those that are equal to the `k`-th stay too.
///
/// # Panics
/// When `k` is 0.
#[track_caller]
pub fn keep_top_k(probabilities: &mut [f64], k: usize) {
    if k == 0 {
        fail("keep_top_k", format_args!("no token could be drawn"));
    }
    // Yours: Find the k-th largest probability (all stay if there are not so many), and set what is smaller to
    // 0. `sort_by(|a, b| b.total_cmp(a))` sorts numbers from the largest.
    todo!()
}

/// Keeps the smallest set of most probable tokens whose probabilities add up to `share` at least, and sets the others to 0.
/// The probabilities must add up to 1; of equal ones those with smaller numbers come first.
///
/// # Panics
/// When the share is not above 0 and at most 1.
#[track_caller]
pub fn keep_top_p(probabilities: &mut [f64], share: f64) {
    if !(share > 0.0 && share <= 1.0) {
        fail("keep_top_p", format_args!("the share {share} is not above 0 and at most 1"));
    }
    // Yours: Go through the tokens from the most probable on and add up what you have passed. A token stays as
    // long as the sum of those *before* it is below `share`: so the one that reaches the share stays, and the first always.
    todo!()
}
