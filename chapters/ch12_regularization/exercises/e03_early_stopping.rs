//! Early stopping: end the training when a validation figure has not improved for a while (Prechelt 1998).
//!
//! The figure is observed once per round, usually an epoch. It must come from examples that the network is not trained
//! on: the training loss keeps falling long after the network has begun to learn the examples by heart.
//! Whoever trains keeps the weights of the last round that [`Improved`](Verdict::Improved), and goes back to them.

/// Which way a figure gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Smaller is better, as for a loss.
    Smallest,
    /// Larger is better, as for accuracy.
    Largest,
}

/// What an observation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The best so far: keep these weights.
    Improved,
    /// No better than the best, but there is still patience.
    Waiting,
    /// Patience is used up: stop, and go back to the best weights.
    Stop,
}

/// Watches a figure (Keras' `EarlyStopping`, with the same meaning of patience).
///
/// The fields are the whole state: save them, set them again, and it goes on as if nothing had happened.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStopping {
    /// Which way is better.
    pub goal: Goal,
    /// How many observations in a row may fail to improve: the last of them stops. 0 counts as 1.
    pub patience: usize,
    /// How much better than the best counts as better.
    pub min_delta: f64,
    /// The best figure so far.
    pub best: Option<f64>,
    /// How many observations there were before the best one: with one per epoch, the best epoch counted from 0.
    pub best_at: usize,
    /// How many observations there were.
    pub observed: usize,
}

impl EarlyStopping {
    /// Stops at the `patience`-th observation in a row that is no better than the best.
    pub fn new(goal: Goal, patience: usize) -> Self {
        EarlyStopping { goal, patience, min_delta: 0.0, best: None, best_at: 0, observed: 0 }
    }

    /// How many observations in a row have not improved.
    pub fn waited(&self) -> usize {
        if self.best.is_some() { self.observed - self.best_at - 1 } else { self.observed }
    }

    /// Takes note of the next figure. NaN is never better.
    pub fn observe(&mut self, value: f64) -> Verdict {
        // Yours: The value is better than `self.best` if it is so by more than `self.min_delta`, in the
        // direction of `self.goal`; the first value that is not NaN is better than nothing. Count the observation in
        // `self.observed`. If it is better, note it in `self.best` and its number, from 0, in `self.best_at`. Otherwise
        // `self.waited()` tells, once the observation is counted, how long there was none.
        todo!()
    }
}
