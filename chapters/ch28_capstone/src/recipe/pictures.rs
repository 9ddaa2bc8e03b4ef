//! How a convolutional network learns pictures.

use ch09_optimizers::Sgd;
use ch10_schedules::OneCycle;
use ch14_training::Trainer;

use super::trainer;

/// How a convolutional network learns pictures: SGD with Nesterov's momentum, one cycle of the learning rate.
pub(crate) struct Pictures {
    pub seeing: Seeing,
    /// Pixels added on each side before cropping at random.
    pub padding: usize,
    pub flip: bool,
    pub batch: usize,
    pub epochs: u32,
    pub rate: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    pub label_smoothing: f64,
    pub patience: usize,
}

/// The kind of network that sees, and its size.
pub(crate) enum Seeing {
    SmallCnn {
        /// Channels of the first convolution.
        width: usize,
        dropout: f64,
    },
    ResNet18,
}

impl Pictures {
    pub fn trainer(&self, epochs: u32, steps_per_epoch: usize) -> Trainer {
        let total = u64::from(epochs) * steps_per_epoch as u64;
        let sgd = Sgd::new().momentum(self.momentum).nesterov(true).weight_decay(self.weight_decay);
        let schedule = OneCycle { warmup_share: 0.25, final_div: 100.0, ..OneCycle::new(self.rate, total) };
        trainer(epochs, None, self.label_smoothing, self.patience, Box::new(schedule), Box::new(sgd))
    }
}
