//! EfficientNet (Tan and Le 2019; `torchvision.models.efficientnet_b0`).
//!
//! Shapes: images `[batch, 3, h, w]`, 224 x 224 as a rule, to logits `[batch, classes]`.
//!
//! A stem, seven stages of inverted bottlenecks ([`MbConv`]), a last convolution of one pixel, the mean of each channel,
//! dropout, a linear layer. Names are torchvision's (`features.1.0.block.0.0.weight`). Left out: the larger networks of the
//! family, which scale depth, width and image size together.

use ch01_tensors::{Array, Float, Rng, context::within};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::{Flatten, Sequential};
use ch12_regularization::Dropout;
use ch15_convolution::GlobalAvgPool;

use crate::{MbConv, MbConvConfig, conv_norm_silu, convolution, linear};

// ANCHOR: b0
/// The choices of an EfficientNet.
#[derive(Clone, Debug, PartialEq)]
pub struct EfficientNetConfig {
    /// Channels of the stem.
    pub stem: usize,
    /// Each stage: expansion, kernel, stride, channels, blocks.
    pub stages: Vec<[usize; 5]>,
    /// Channels of the last convolution.
    pub last: usize,
    /// How many classes are told apart.
    pub classes: usize,
    /// The share of features that the last layer does without in training.
    pub dropout: f64,
    /// The probability of dropping the branch of a block behind the last one; earlier ones less, in a straight line.
    pub drop_path: f64,
}

impl EfficientNetConfig {
    /// EfficientNet-B0.
    pub fn b0() -> Self {
        EfficientNetConfig {
            stem: 32,
            stages: vec![
                [1, 3, 1, 16, 1],
                [6, 3, 2, 24, 2],
                [6, 5, 2, 40, 2],
                [6, 3, 2, 80, 3],
                [6, 5, 1, 112, 3],
                [6, 5, 2, 192, 4],
                [6, 3, 1, 320, 1],
            ],
            last: 1280,
            classes: 1000,
            dropout: 0.2,
            drop_path: 0.2,
        }
    }
}
// ANCHOR_END: b0

/// The network.
pub struct EfficientNet<T: Float = f32> {
    features: Sequential<T>,
    pool: GlobalAvgPool,
    flatten: Flatten,
    classifier: Sequential<T>,
}

impl EfficientNet {
    /// The network by its configuration, with torchvision's first weights.
    pub fn new(config: &EfficientNetConfig, rng: &mut Rng) -> Self {
        EfficientNet::build(config, rng)
    }
}

impl<T: Float> EfficientNet<T> {
    /// [`new`](EfficientNet::new) for any type of number.
    pub fn build(config: &EfficientNetConfig, rng: &mut Rng) -> Self {
        let mut features = Sequential::new().push(conv_norm_silu(convolution(3, config.stem, 3, 2, rng)));
        let blocks: usize = config.stages.iter().map(|stage| stage[4]).sum();
        let (mut inputs, mut number) = (config.stem, 0);
        for &[expand, kernel, stride, outputs, count] in &config.stages {
            let mut stage = Sequential::new();
            for i in 0..count {
                let stride = if i == 0 { stride } else { 1 };
                let drop_path = config.drop_path * number as f64 / blocks as f64;
                let block = MbConvConfig { inputs, outputs, kernel, stride, expand, drop_path };
                stage = stage.push(MbConv::new(&block, rng));
                (inputs, number) = (outputs, number + 1);
            }
            features = features.push(stage);
        }
        let features = features.push(conv_norm_silu(convolution(inputs, config.last, 1, 1, rng)));
        // Even in ±1/sqrt(classes), and no shifts.
        let mut head = linear(config.last, config.classes, true, rng);
        let bound = 1.0 / (config.classes as f64).sqrt();
        head.weight.value = Array::uniform([config.classes, config.last], -bound, bound, rng);
        if let Some(bias) = &mut head.bias {
            bias.value.fill(T::ZERO);
        }
        let classifier = Sequential::new().push(Dropout::new(config.dropout, rng)).push(head);
        EfficientNet { features, pool: GlobalAvgPool::new(), flatten: Flatten::new(), classifier }
    }
}

impl<T: Float> Layer<T> for EfficientNet<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let x = within("features", || self.features.forward(x));
        let x = self.flatten.forward(self.pool.forward(x));
        within("classifier", || self.classifier.forward(x))
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = within("classifier", || self.classifier.backward(grad));
        let grad = self.pool.backward(self.flatten.backward(grad));
        within("features", || self.features.backward(grad))
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let x = within("features", || self.features.infer(x));
        let x = self.flatten.infer(self.pool.infer(x));
        within("classifier", || self.classifier.infer(x))
    }
}

impl<T: Float> Module<T> for EfficientNet<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("features", &mut self.features);
        visitor.child("classifier", &mut self.classifier);
    }
}
