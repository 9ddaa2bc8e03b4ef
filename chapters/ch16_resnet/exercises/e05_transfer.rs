//! Transfer: a network that has learned one thing learns another (Yosinski et al. 2014; Howard and Ruder 2018).
//!
//! The early layers of a network for images look for edges, colours, textures: of use for any images. So the backbone is
//! kept, and a new last layer, the head, put on it. What then happens to the backbone is the strategy:
//!
//! - *frozen*: nothing. Few numbers learn, from few examples; what the backbone does not see stays unseen;
//! - *differential rates*: every depth learns, the deeper from the head the slower: `rate · factor^(depth from the head)`;
//! - *gradual unfreezing*: the head alone first, then one stage more in each phase. The gradients of a random head are
//!   noise; they reach the backbone only when the head has learned something;
//! - *from scratch*, to compare with.

use ch01_tensors::{Float, Rng};
use ch05_backprop::{Linear, Role};
use ch09_optimizers::{Group, Groups, Optimizer};

use ch16_resnet::{Freezing, ResNet, linear};

/// How far a parameter of a [`ResNet`] with so many stages is from the head: 0 for `fc`, 1 for the last stage, and the stem
/// with the number of stages plus 1. Any other name counts as the stem's.
pub fn depth_from_head(path: &str, stages: usize) -> usize {
    // Yours: "fc.weight" is 0; "layer3.0.conv1.weight" of a network with 4 stages is 2; "conv1.weight" and
    // "bn1.bias" are stages + 1. `strip_prefix` and `split_once` take names apart.
    todo!()
}

/// What is done to the backbone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// Only the head learns.
    Frozen,
    /// Everything learns, each stage at `factor` times the rate of the one above it.
    Differential {
        /// From one depth to the next; 1/2.6 in Howard and Ruder's paper.
        factor: f64,
    },
    /// The head learns first; after each phase of `steps` steps one stage more does, at `factor` times the rate of the one above.
    Gradual {
        /// How long a phase is.
        steps: u64,
        /// From one depth to the next.
        factor: f64,
    },
    /// Everything learns at the same rate: from pretrained weights or, without them, from scratch.
    Uniform,
}

impl Strategy {
    /// By how much the rate of a parameter is multiplied, and which decay it has, in a network of so many stages.
    pub fn groups(self, stages: usize) -> Groups {
        let factor = match self {
            Strategy::Differential { factor } | Strategy::Gradual { factor, .. } => factor,
            Strategy::Frozen | Strategy::Uniform => 1.0,
        };
        Groups::new(move |path, role| differential(path, role, stages, factor))
    }

    /// Whether a parameter is left alone in a phase.
    pub fn frozen(self, path: &str, stages: usize, phase: usize) -> bool {
        // Yours: Frozen: all but the head, always. Gradual: what is further from the head than `phase`.
        // The others: nothing.
        todo!()
    }

    /// The optimizer that trains what this strategy lets learn. `make` is given the groups.
    pub fn optimizer<T: Float>(
        self,
        stages: usize,
        make: impl FnOnce(Groups) -> Box<dyn Optimizer<T>>,
    ) -> Box<dyn Optimizer<T>> {
        let phases: Vec<u64> = match self {
            Strategy::Gradual { steps, .. } => (1..=stages as u64 + 1).map(|phase| phase * steps).collect(),
            _ => Vec::new(),
        };
        let inner = make(self.groups(stages));
        Box::new(Freezing::new(inner, &phases, move |path, phase| self.frozen(path, stages, phase)))
    }
}

/// The group of a parameter with differential rates.
fn differential(path: &str, role: Role, stages: usize, factor: f64) -> Group {
    let usual = Groups::by_role(role);
    // Yours: The usual group with its rate times factor^(depth from the head).
    todo!()
}

/// Puts a new last layer, with random weights, onto a network: for other classes, and as many as there are. Returns the old
/// one. The new layer learns, whatever was frozen.
pub fn replace_head<T: Float>(model: &mut ResNet<T>, classes: usize, rng: &mut Rng) -> Linear<T> {
    let features = model.fc.weight.value.dim(1);
    std::mem::replace(&mut model.fc, linear(features, classes, true, rng))
}
