//! The learning-rate range test (Smith 2015; fastai's `lr_find`): a short run in which the rate grows by the same factor at
//! every step, until the loss blows up.
//!
//! Too small a rate does nothing; then the loss falls; then it rises. The steepest fall is on the cautious side of the best
//! rate of a whole run, the bottom on the bold side. The suggestion is the middle between the two on a logarithmic axis. Some
//! 100 to 200 steps are right: with more, the loss is low before the rate is high, and the suggestion is too small.

use ch10_schedules::{Exponential, Schedule};

/// What a range test measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RangeTest {
    /// The rate of each step.
    pub rates: Vec<f64>,
    /// The loss of each step, before the weights moved.
    pub losses: Vec<f64>,
}

// ANCHOR: range_test
impl RangeTest {
    /// How much of the running mean of the losses stays from step to step.
    pub const SMOOTHING: f64 = 0.9;

    /// Takes at most `total` steps with rates from `low` to `high`. `step` trains one step at the rate it is given and returns
    /// the loss. It ends early when the smoothed loss is not finite or four times the lowest. The weights are spoiled after
    /// it: use a copy.
    pub fn run(low: f64, high: f64, total: u64, mut step: impl FnMut(f64) -> f64) -> Self {
        let (schedule, mut test) = (Exponential::between(low, high, total), RangeTest::default());
        for i in 0..total {
            test.rates.push(schedule.rate(i));
            test.losses.push(step(schedule.rate(i)));
            let smooth = test.smoothed();
            let lowest = smooth.iter().copied().fold(f64::INFINITY, f64::min);
            if smooth.last().is_none_or(|&last| !last.is_finite() || last > 4.0 * lowest) {
                break;
            }
        }
        test
    }

    /// The losses as a running mean that is corrected for its beginning at 0, as Adam's are.
    pub fn smoothed(&self) -> Vec<f64> {
        // exercise: smoothed - For each loss: `mean = s * mean + (1 - s) * loss` with `s = Self::SMOOTHING`, from 0, and what is
        // returned is the mean over `1 - s^t`, with `t` counted from 1.
        let (s, mut mean) = (Self::SMOOTHING, 0.0);
        let corrected = |(i, loss): (usize, &f64)| {
            mean = s * mean + (1.0 - s) * loss;
            mean / (1.0 - s.powi(i as i32 + 1))
        };
        self.losses.iter().enumerate().map(corrected).collect()
        // exercise: end
    }

    /// The rate at which the smoothed loss is lowest; none without a finite loss.
    pub fn lowest(&self) -> Option<f64> {
        self.bottom().map(|i| self.rates[i])
    }

    /// The rate at which the smoothed loss falls fastest on its way to the lowest, by the logarithm of the rate.
    pub fn steepest(&self) -> Option<f64> {
        let (smooth, bottom) = (self.smoothed(), self.bottom()?);
        // exercise: steepest - The rate of the step `i`, up to and with `bottom`, at which the slope is most negative: the
        // difference of `smooth` between `i + 1` and `i - 1`, over that of the logarithms of the rates. The first step and
        // the last of all have no such slope. None if there is no step left.
        let slope = |i: &usize| {
            let run = (self.rates[i + 1] / self.rates[i - 1]).ln();
            (smooth[i + 1] - smooth[i - 1]) / run
        };
        let inner = 1..(bottom + 1).min(smooth.len().saturating_sub(1));
        let best = inner.min_by(|i, j| slope(i).total_cmp(&slope(j)))?;
        Some(self.rates[best])
        // exercise: end
    }

    /// A rate to begin with, for the peak of a schedule: the geometric mean of [`steepest`](RangeTest::steepest) and
    /// [`lowest`](RangeTest::lowest). None if the loss never fell.
    pub fn suggestion(&self) -> Option<f64> {
        let (smooth, bottom) = (self.smoothed(), self.bottom()?);
        if smooth[bottom] >= smooth[0] {
            return None;
        }
        Some((self.steepest()? * self.lowest()?).sqrt())
    }

    fn bottom(&self) -> Option<usize> {
        let smooth = self.smoothed();
        (0..smooth.len()).filter(|&i| smooth[i].is_finite()).min_by(|&i, &j| smooth[i].total_cmp(&smooth[j]))
    }
}
// ANCHOR_END: range_test
