//! How six classes are learned, and then four others from few pictures.

use ch01_tensors::Rng;
use ch09_optimizers::{Optimizer, Sgd};
use ch10_schedules::OneCycle;
use ch14_training::{Settings, Trainer};
use ch16_resnet::{Kind, ResNet, ResNetConfig, Strategy};

/// What a network that knows some classes is worth to one that learns others from few pictures.
pub(crate) struct Transfer {
    /// Channels of the first stage of the residual network, and blocks of each stage.
    pub width: usize,
    pub blocks: [usize; 4],
    pub padding: usize,
    pub batch: usize,
    /// Epochs on the known classes.
    pub known_epochs: u32,
    pub rate: f64,
    /// Labelled pictures of each new class.
    pub labels: [usize; 3],
    /// How often pictures are drawn for each of these numbers.
    pub draws: [usize; 3],
    /// Epochs on so many pictures.
    pub epochs: [u32; 3],
    /// The top of the rate from pretrained weights.
    pub fine_rate: f64,
    /// From one stage to the one below it.
    pub factor: f64,
    pub weight_decay: f64,
    pub label_smoothing: f64,
}

/// From what, and how, the new classes are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From random weights.
    Scratch,
    /// Only the head learns.
    Frozen,
    /// The deeper a stage, the slower.
    Differential,
    /// The head first, then a stage more in each phase.
    Gradual,
}

impl Way {
    pub const ALL: [Way; 4] = [Way::Scratch, Way::Frozen, Way::Differential, Way::Gradual];

    pub fn name(self) -> &'static str {
        match self {
            Way::Scratch => "scratch",
            Way::Frozen => "frozen",
            Way::Differential => "differential",
            Way::Gradual => "gradual",
        }
    }
}

impl Transfer {
    /// The network, untrained.
    pub fn network(&self, classes: usize, seed: u64) -> ResNet {
        let config = ResNetConfig::new(Kind::Basic, &self.blocks).cifar(classes);
        ResNet::new(&ResNetConfig { width: self.width, ..config }, &mut Rng::new(seed, "init"))
    }

    /// On the known classes.
    pub fn pretraining(&self, epochs: u32, steps_per_epoch: usize) -> Trainer {
        self.trainer(Strategy::Uniform, self.rate, epochs, steps_per_epoch, true)
    }

    /// On the new classes. There is nothing to choose the best epoch by: the last one counts.
    pub fn training(&self, way: Way, epochs: u32, steps_per_epoch: usize) -> Trainer {
        let stages = self.blocks.len() as u64;
        let steps = u64::from(epochs) * steps_per_epoch as u64;
        let (strategy, rate) = match way {
            Way::Scratch => (Strategy::Uniform, self.rate),
            Way::Frozen => (Strategy::Frozen, self.rate),
            Way::Differential => (Strategy::Differential { factor: self.factor }, self.fine_rate),
            // Half of the steps with everything that will learn.
            Way::Gradual => {
                let steps = (steps / (2 * (stages + 1))).max(1);
                (Strategy::Gradual { steps, factor: self.factor }, self.fine_rate)
            }
        };
        self.trainer(strategy, rate, epochs, steps_per_epoch, false)
    }

    fn trainer(
        &self,
        strategy: Strategy,
        rate: f64,
        epochs: u32,
        steps: usize,
        restore_best: bool,
    ) -> Trainer {
        let schedule = OneCycle {
            warmup_share: 0.25,
            final_div: 100.0,
            ..OneCycle::new(rate, u64::from(epochs) * steps as u64)
        };
        let make = |groups| -> Box<dyn Optimizer> {
            let sgd = Sgd::new().momentum(0.9).nesterov(true).weight_decay(self.weight_decay);
            Box::new(sgd.groups(groups))
        };
        let settings = Settings {
            epochs: u64::from(epochs),
            label_smoothing: self.label_smoothing,
            restore_best,
            quiet: !restore_best,
            ..Settings::default()
        };
        Trainer::new(settings, Box::new(schedule), strategy.optimizer(self.blocks.len(), make))
    }
}
