//! Running statistics computed anew, as exact averages (Wu and Johnson 2021, "precise BatchNorm";
//! `torch.optim.swa_utils.update_bn`).
//!
//! While a network is trained, the running mean and variance of a BatchNorm trail behind: they are an average over the
//! last dozens of steps, and the weights of those steps are gone. [`recalibrate`] throws them away and shows the network
//! some batches without learning from them. What the layers have seen so far is pooled with each new batch. With shares
//! `1 - s` and `s` of all numbers, means `a` and `b`, and variances `v` and `w` (divided by the count),
//!
//! - `mean = (1 - s) a + s b`;
//! - `variance = (1 - s) v + s w + s (1 - s) (b - a)²`: within the parts, and between them (Chan, Golub, LeVeque 1979).
//!
//! So after the last batch they are mean and variance of all numbers together, however they were cut into batches.
//! PyTorch's `update_bn` takes the plain mean of the batches' variances, without the part between them.
//!
//! A batch counts by its examples. If its images are of other sizes than those before, that is not quite their share
//! of numbers, and the result is an average that is not exact.

use std::cell::Cell;

use ch01_tensors::{Array, Float};
use ch05_backprop::Layer;

thread_local! {
    /// While a thread recalibrates: the share of the present batch in all examples so far.
    static SHARE: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Ends the recalibration of this thread, also when a layer panics.
struct Recalibrating;

impl Drop for Recalibrating {
    fn drop(&mut self) {
        SHARE.set(None);
    }
}

/// If this thread is inside [`recalibrate`]: the share of the present batch in all examples so far.
pub fn recalibration_share() -> Option<f64> {
    SHARE.get()
}

// ANCHOR: recalibrate
/// Computes the running statistics of every BatchNorm in a network anew from these batches, `[batch, ..]` each. Returns
/// how many examples there were; with none, nothing changes.
///
/// Each batch goes forward, for the statistics, and back with a gradient of 0, so that the layers forget their inputs:
/// parameters and their gradients stay what they are. Dropout is active, as in training, and its streams move on.
pub fn recalibrate<T: Float>(model: &mut dyn Layer<T>, batches: impl IntoIterator<Item = Array<T>>) -> usize {
    let _until_the_end = Recalibrating;
    let mut examples = 0;
    for x in batches.into_iter().filter(|x| !x.is_empty()) {
        let batch = x.dim(0);
        examples += batch;
        SHARE.set(Some(batch as f64 / examples as f64));
        let y = model.forward(x);
        model.backward(y.zeros_like());
    }
    examples
}
// ANCHOR_END: recalibrate

// ANCHOR: pooled
/// Mean and unbiased variance of all numbers so far, of which the newest `m` are the share `share`: `old` holds mean and
/// unbiased variance of those before, `new` mean and variance (divided by `m`) of the newest.
pub fn pooled(share: f64, m: f64, old: [f64; 2], new: [f64; 2]) -> [f64; 2] {
    let ([old_mean, old_unbiased], [new_mean, new_variance]) = (old, new);
    let total = m / share;
    // exercise: pooled - The mean of all, and their variance: within the two parts and between them. `total` numbers are
    // `total - m` old ones and `m` new ones. An unbiased variance of n numbers is n / (n - 1) times that divided by n.
    // With a share of 1 there are no old numbers: what stands in `old` does not count.
    let before = total - m;
    let old_variance = if share < 1.0 { old_unbiased * (before - 1.0) / before } else { 0.0 };
    let distance = if share < 1.0 { new_mean - old_mean } else { 0.0 };
    let mean = new_mean - (1.0 - share) * distance;
    let within = (1.0 - share) * old_variance + share * new_variance;
    let between = share * (1.0 - share) * distance * distance;
    [mean, (within + between) * total / (total - 1.0)]
    // exercise: end
}
// ANCHOR_END: pooled
