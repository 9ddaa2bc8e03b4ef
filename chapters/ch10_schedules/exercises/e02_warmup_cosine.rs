//! Linear warmup, then half a cosine wave down to a floor (Loshchilov and Hutter 2017, without restarts; in PyTorch
//! `SequentialLR` of `LinearLR` and `CosineAnnealingLR`).

use ch10_schedules::{Schedule, cosine, linear};

/// Up in a straight line for `warmup` steps, then down along a cosine to `floor` at step `total`, where it stays.
///
/// The rate of step 0 is `peak / (warmup + 1)`, not 0: a step with rate 0 is a batch thrown away. Step `warmup` is the
/// first with the full rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmupCosine {
    /// The largest rate.
    pub peak: f64,
    /// How many steps come before it.
    pub warmup: u64,
    /// How many steps training takes, those of the warmup included.
    pub total: u64,
    /// The rate at the end.
    pub floor: f64,
}

impl Schedule for WarmupCosine {
    fn rate(&self, step: u64) -> f64 {
        let WarmupCosine { peak, warmup, total, floor } = *self;
        // Yours: Three cases: before step `warmup`, before step `total`, and after. Use `linear` from 0 and
        // `cosine`; the shares run from 0 to 1 within each part.
        todo!()
    }
}
