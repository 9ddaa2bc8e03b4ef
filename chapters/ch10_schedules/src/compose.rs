//! Schedules made of schedules: one after the other (`torch.optim.lr_scheduler.SequentialLR`), and multiplied
//! (`ChainedScheduler`).

use crate::Schedule;

// ANCHOR: compose
/// One schedule after the other, each counting its steps from 0.
#[derive(Default)]
pub struct Sequence {
    parts: Vec<(Box<dyn Schedule>, u64)>,
}

impl Sequence {
    /// No schedule yet: rate 0.
    pub fn new() -> Self {
        Sequence::default()
    }

    /// Adds a schedule for so many steps. The last one goes on for ever.
    pub fn then(mut self, schedule: impl Schedule + 'static, steps: u64) -> Self {
        self.parts.push((Box::new(schedule), steps));
        self
    }

    /// The part that a step is in, and the step as it counts.
    fn at(&self, mut step: u64) -> Option<(&dyn Schedule, u64)> {
        let (last, _) = self.parts.last()?;
        for (schedule, steps) in &self.parts[..self.parts.len() - 1] {
            if step < *steps {
                return Some((&**schedule, step));
            }
            step -= steps;
        }
        Some((&**last, step))
    }
}

impl Schedule for Sequence {
    fn rate(&self, step: u64) -> f64 {
        self.at(step).map_or(0.0, |(schedule, step)| schedule.rate(step))
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        self.at(step).and_then(|(schedule, step)| schedule.momentum(step))
    }
}

/// A rate multiplied by those of schedules, which are factors then: a warmup from 0 to 1, say, and falls from 1.
pub struct Product {
    rate: f64,
    factors: Vec<Box<dyn Schedule>>,
}

impl Product {
    /// Without factors: the same rate at every step.
    pub fn new(rate: f64) -> Self {
        Product { rate, factors: Vec::new() }
    }

    /// Adds a factor.
    pub fn times(mut self, factor: impl Schedule + 'static) -> Self {
        self.factors.push(Box::new(factor));
        self
    }
}

impl Schedule for Product {
    fn rate(&self, step: u64) -> f64 {
        self.factors.iter().fold(self.rate, |rate, factor| rate * factor.rate(step))
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        self.factors.iter().find_map(|factor| factor.momentum(step))
    }
}
// ANCHOR_END: compose
