//! Which residual network: the choices, and the usual ones by name.

/// How a block is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two convolutions of 3 x 3 ([`BasicBlock`](crate::BasicBlock)).
    Basic,
    /// 1 x 1, 3 x 3, 1 x 1 ([`Bottleneck`](crate::Bottleneck)).
    Bottleneck,
    /// Two convolutions of 3 x 3 with activations before them ([`PreActivation`](crate::PreActivation)).
    PreActivation,
    /// Two convolutions of 3 x 3 and no shortcut: not residual, to be compared with.
    Plain,
}

/// How a network begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stem {
    /// For images of 224 x 224: a convolution of 7 x 7 with stride 2, then max pooling of 3 x 3 with stride 2.
    ImageNet,
    /// For images of 32 x 32: a convolution of 3 x 3, nothing else.
    Cifar,
}

// ANCHOR: config
/// The choices of a residual network. Start from one of the usual ones:
/// `ResNetConfig { classes: 10, ..ResNetConfig::resnet50() }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResNetConfig {
    /// How blocks are built.
    pub kind: Kind,
    /// How many blocks each stage has. From the second on, a stage begins with stride 2 and has twice the channels.
    pub blocks: Vec<usize>,
    /// Channels of the first stage.
    pub width: usize,
    /// How it begins.
    pub stem: Stem,
    /// Channels of the images.
    pub inputs: usize,
    /// How many classes are told apart.
    pub classes: usize,
    /// Squeeze and excitation in each block, by this reduction; 16 in the paper. None unless told.
    pub squeeze: Option<usize>,
    /// The probability with which the last block's branch is dropped in training; earlier ones less. 0 unless told.
    pub drop_path: f64,
    /// Begin with blocks whose branch is 0: the gain of their last normalisation (`zero_init_residual`), or, with activations
    /// first, their last convolution. Not unless told.
    pub zero_last: bool,
}
// ANCHOR_END: config

impl ResNetConfig {
    /// With these blocks, for images and classes of ImageNet.
    pub fn new(kind: Kind, blocks: &[usize]) -> Self {
        ResNetConfig {
            kind,
            blocks: blocks.to_vec(),
            width: 64,
            stem: Stem::ImageNet,
            inputs: 3,
            classes: 1000,
            squeeze: None,
            drop_path: 0.0,
            zero_last: false,
        }
    }

    /// ResNet-18 (`torchvision.models.resnet18()`).
    pub fn resnet18() -> Self {
        ResNetConfig::new(Kind::Basic, &[2, 2, 2, 2])
    }

    /// ResNet-34.
    pub fn resnet34() -> Self {
        ResNetConfig::new(Kind::Basic, &[3, 4, 6, 3])
    }

    /// ResNet-50.
    pub fn resnet50() -> Self {
        ResNetConfig::new(Kind::Bottleneck, &[3, 4, 6, 3])
    }

    /// ResNet-101.
    pub fn resnet101() -> Self {
        ResNetConfig::new(Kind::Bottleneck, &[3, 4, 23, 3])
    }

    /// ResNet-152.
    pub fn resnet152() -> Self {
        ResNetConfig::new(Kind::Bottleneck, &[3, 8, 36, 3])
    }

    /// The network of this many layers for small images in the first paper: `6 n + 2` layers in three stages of 16, 32 and
    /// 64 channels. (Where the shape changes, our shortcut is a convolution of one pixel, not zeros.)
    ///
    /// # Panics
    /// When the depth is not `6 n + 2` for an `n` of 1 or more.
    #[track_caller]
    pub fn small(kind: Kind, depth: usize) -> Self {
        assert!(depth >= 8 && depth % 6 == 2, "ResNetConfig::small: a depth of {depth} is not 6 n + 2");
        let n = (depth - 2) / 6;
        ResNetConfig { width: 16, ..ResNetConfig::new(kind, &[n; 3]) }.cifar(10)
    }

    /// The same blocks for images of 32 x 32.
    pub fn cifar(self, classes: usize) -> Self {
        ResNetConfig { stem: Stem::Cifar, classes, ..self }
    }
}
