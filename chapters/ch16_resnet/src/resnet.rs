//! Residual networks (He et al. 2016; `torchvision.models.resnet18` to `resnet152`).
//!
//! Shapes: images `[batch, inputs, h, w]` to logits `[batch, classes]`.
//!
//! A stem, stages of blocks at half the size and twice the channels each, the mean of each channel, and a linear layer. The
//! names of parameters and buffers are torchvision's (`layer1.0.conv1.weight`), whatever the number of stages.

use ch01_tensors::{Array, Float, Rng, context::within};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch07_modules::{Flatten, Sequential};
use ch11_normalization::BatchNorm2d;
use ch12_regularization::DropPath;
use ch15_convolution::{Conv2d, GlobalAvgPool, MaxPool2d, Pool2dOptions, Relu};

use crate::bottleneck::EXPANSION;
use crate::{
    BasicBlock, Bottleneck, Kind, PreActivation, ResNetConfig, SqueezeExcite, Stem, convolution, linear,
};

/// The names of the stages.
const STAGES: [&str; 8] = ["layer1", "layer2", "layer3", "layer4", "layer5", "layer6", "layer7", "layer8"];

// ANCHOR: resnet
/// A residual network.
pub struct ResNet<T: Float = f32> {
    conv1: Conv2d<T>,
    /// Behind the stem; with activations before the convolutions, behind the last block.
    bn1: BatchNorm2d<T>,
    relu: Relu<T>,
    max_pool: Option<MaxPool2d>,
    stages: Vec<Sequential<T>>,
    pool: GlobalAvgPool,
    flatten: Flatten,
    /// The last layer, `[classes, features]`.
    pub fc: Linear<T>,
    /// Whether the normalisation comes last.
    pre_activation: bool,
}
// ANCHOR_END: resnet

impl ResNet {
    /// The network with torchvision's first weights.
    ///
    /// # Panics
    /// When there are no stages, or more than eight.
    #[track_caller]
    pub fn new(config: &ResNetConfig, rng: &mut Rng) -> Self {
        ResNet::build(config, rng)
    }
}

impl<T: Float> ResNet<T> {
    // ANCHOR: build
    /// [`new`](ResNet::new) for any type of number.
    ///
    /// # Panics
    /// When there are no stages, or more than eight.
    #[track_caller]
    pub fn build(config: &ResNetConfig, rng: &mut Rng) -> Self {
        let (count, width) = (config.blocks.len(), config.width);
        assert!((1..=STAGES.len()).contains(&count), "ResNet: {count} stages, where 1 to 8 are possible");
        let pre_activation = config.kind == Kind::PreActivation;
        let (kernel, stride) = if config.stem == Stem::ImageNet { (7, 2) } else { (3, 1) };
        let conv1 = convolution(config.inputs, width, kernel, stride, rng);
        let pooling = Pool2dOptions { kernel: [3; 2], stride: [2; 2], padding: [1; 2] };
        let max_pool = (config.stem == Stem::ImageNet).then(|| MaxPool2d::new(pooling));
        let mut rates = DropPath::<T>::rates(config.blocks.iter().sum(), config.drop_path).into_iter();
        let (mut stages, mut channels) = (Vec::new(), width);
        for (number, &blocks) in config.blocks.iter().enumerate() {
            let mut stage = Sequential::new();
            for block in 0..blocks {
                let stride = if number > 0 && block == 0 { 2 } else { 1 };
                let rate = rates.next().expect("one for every block");
                (stage, channels) = push_block(stage, config, channels, width << number, stride, rate, rng);
            }
            stages.push(stage);
        }
        ResNet {
            conv1,
            bn1: BatchNorm2d::new(if pre_activation { channels } else { width }),
            relu: Relu::new(),
            max_pool,
            stages,
            pool: GlobalAvgPool::new(),
            flatten: Flatten::new(),
            fc: linear(channels, config.classes, true, rng),
            pre_activation,
        }
    }
    // ANCHOR_END: build

    /// The stages, first to last.
    pub fn stages(&self) -> &[Sequential<T>] {
        &self.stages
    }

    fn norm_relu(&mut self, x: Array<T>) -> Array<T> {
        self.relu.forward(within("bn1", || self.bn1.forward(x)))
    }

    fn norm_relu_backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = self.relu.backward(grad);
        within("bn1", || self.bn1.backward(grad))
    }

    fn infer_norm_relu(&self, x: Array<T>) -> Array<T> {
        ch03_neurons::relu(within("bn1", || self.bn1.infer(x)))
    }
}

/// The stage with one block more, and how many channels come out of it.
fn push_block<T: Float>(
    stage: Sequential<T>,
    config: &ResNetConfig,
    inputs: usize,
    width: usize,
    stride: usize,
    drop_path: f64,
    rng: &mut Rng,
) -> (Sequential<T>, usize) {
    let last = |channels: usize, rng: &mut Rng| {
        let mut last = Sequential::new();
        if let Some(reduction) = config.squeeze {
            last =
                last.push(SqueezeExcite::new(channels, (channels / reduction).max(1), Activation::Relu, rng));
        }
        if drop_path > 0.0 {
            last = last.push(DropPath::new(drop_path, rng));
        }
        last
    };
    match config.kind {
        Kind::Bottleneck => {
            let mut block = Bottleneck::new(inputs, width, stride, rng);
            block.last = last(EXPANSION * width, rng);
            if config.zero_last {
                block.bn3.weight.value.fill(T::ZERO);
            }
            (stage.push(block), EXPANSION * width)
        }
        Kind::PreActivation => {
            let mut block = PreActivation::new(inputs, width, stride, rng);
            block.last = last(width, rng);
            if config.zero_last {
                // No normalisation stands behind the last convolution, and a zero gain before its ReLU could never learn.
                block.conv2.weight.value.fill(T::ZERO);
            }
            (stage.push(block), width)
        }
        Kind::Basic | Kind::Plain => {
            let mut block = BasicBlock::new(inputs, width, stride, rng);
            block.last = last(width, rng);
            if config.zero_last {
                block.bn2.weight.value.fill(T::ZERO);
            }
            (stage.push(if config.kind == Kind::Plain { block.plain() } else { block }), width)
        }
    }
}

// ANCHOR: passes
impl<T: Float> Layer<T> for ResNet<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let mut x = within("conv1", || self.conv1.forward(x));
        if !self.pre_activation {
            x = self.norm_relu(x);
        }
        if let Some(pool) = &mut self.max_pool {
            x = pool.forward(x);
        }
        for (stage, name) in self.stages.iter_mut().zip(STAGES) {
            x = within(name, || stage.forward(x));
        }
        if self.pre_activation {
            x = self.norm_relu(x);
        }
        let x = self.flatten.forward(self.pool.forward(x));
        within("fc", || self.fc.forward(x))
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = self.back_to_stem(grad);
        within("conv1", || self.conv1.backward(grad))
    }

    fn backward_params(&mut self, grad: Array<T>) {
        let grad = self.back_to_stem(grad);
        within("conv1", || self.conv1.backward_params(grad));
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let mut x = within("conv1", || self.conv1.infer(x));
        if !self.pre_activation {
            x = self.infer_norm_relu(x);
        }
        if let Some(pool) = &self.max_pool {
            x = pool.infer(x);
        }
        for (stage, name) in self.stages.iter().zip(STAGES) {
            x = within(name, || stage.infer(x));
        }
        if self.pre_activation {
            x = self.infer_norm_relu(x);
        }
        let x = self.flatten.infer(self.pool.infer(x));
        within("fc", || self.fc.infer(x))
    }
}

impl<T: Float> ResNet<T> {
    /// From the gradient of the logits to that of what the first convolution puts out.
    fn back_to_stem(&mut self, grad: Array<T>) -> Array<T> {
        let grad = within("fc", || self.fc.backward(grad));
        let mut grad = self.pool.backward(self.flatten.backward(grad));
        if self.pre_activation {
            grad = self.norm_relu_backward(grad);
        }
        for (stage, name) in self.stages.iter_mut().zip(STAGES).rev() {
            grad = within(name, || stage.backward(grad));
        }
        if let Some(pool) = &mut self.max_pool {
            grad = pool.backward(grad);
        }
        if !self.pre_activation {
            grad = self.norm_relu_backward(grad);
        }
        grad
    }
}
// ANCHOR_END: passes

impl<T: Float> Module<T> for ResNet<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("conv1", &mut self.conv1);
        visitor.child("bn1", &mut self.bn1);
        for (stage, name) in self.stages.iter_mut().zip(STAGES) {
            visitor.child(name, stage);
        }
        visitor.child("fc", &mut self.fc);
    }
}
