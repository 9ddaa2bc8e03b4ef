//! A Transformer that forecasts time series from patches (PatchTST; Nie, Nguyen, Sinthong, Kalagnanam 2023).
//!
//! Shapes: series `[series, time]`, forecasts `[series, horizon]`.
//!
//! The last `time` values of a series are cut into overlapping patches; each patch is a token. One linear layer makes vectors of
//! them, places are added, pre-LN blocks follow, and one linear layer reads all vectors of a series at once and gives all of the
//! horizon. Several channels that were measured together are so many series: they share all weights and do not see each other.
//!
//! Windows should come from [`scale_window`](crate::scale_window): one scale for all series.
//!
//! Left out: masked pre-training, and the paper's BatchNorm in place of LayerNorm.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch11_normalization::LayerNorm;
use ch19_attention::{LearnedPositions, Mask};

use crate::stack::Stack;
use crate::{Block, series_patches, series_patches_backward};

/// The sizes of a [`PatchForecaster`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchConfig {
    /// Values that are looked at.
    pub time: usize,
    /// Values that are forecast.
    pub horizon: usize,
    /// Values in a patch.
    pub patch: usize,
    /// Places from one patch to the next.
    pub stride: usize,
    /// Features of a vector.
    pub size: usize,
    /// Attention heads in a block.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Features inside the feed-forward layers.
    pub feed_forward: usize,
    /// The probability of the dropouts in the blocks.
    pub dropout: f64,
}

impl PatchConfig {
    /// How many patches a window has.
    ///
    /// # Panics
    /// When it is shorter than a patch.
    pub fn patches(&self) -> usize {
        (self.time - self.patch) / self.stride + 1
    }
}

/// Patches, blocks, and one linear layer for the whole horizon.
pub struct PatchForecaster<T: Float = f32> {
    /// Its sizes.
    pub config: PatchConfig,
    /// From the values of a patch to its vector.
    pub patch_embedding: Linear<T>,
    /// A vector for each patch's place.
    pub positions: LearnedPositions<T>,
    /// The stack.
    pub blocks: Vec<Block<T>>,
    /// After the last block.
    pub norm: LayerNorm<T>,
    /// From the vectors of all patches to all of the horizon.
    pub head: Linear<T>,
}

impl PatchForecaster {
    /// A model of these sizes, with first weights as PyTorch's layers have them.
    ///
    /// # Panics
    /// When the sizes do not fit together.
    #[track_caller]
    pub fn new(config: &PatchConfig, rng: &mut Rng) -> Self {
        let PatchConfig { patch, size, heads, feed_forward, dropout, .. } = *config;
        PatchForecaster {
            config: *config,
            patch_embedding: Linear::new(patch, size, rng),
            positions: LearnedPositions::new(config.patches(), size, rng),
            blocks: (0..config.layers).map(|_| Block::new(size, heads, feed_forward, dropout, rng)).collect(),
            norm: LayerNorm::new(size),
            head: Linear::new(config.patches() * size, config.horizon, rng),
        }
    }
}

impl<T: Float> PatchForecaster<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> PatchForecaster<f64> {
        PatchForecaster {
            config: self.config,
            patch_embedding: self.patch_embedding.to_f64(),
            positions: self.positions.to_f64(),
            blocks: self.blocks.iter().map(Block::to_f64).collect(),
            norm: self.norm.to_f64(),
            head: self.head.to_f64(),
        }
    }

    #[track_caller]
    fn patches(&self, x: &Array<T>) -> Array<T> {
        if x.ndim() != 2 || x.dim(1) != self.config.time {
            let rule = format_args!("{:?} is not [series, {}]", x.shape(), self.config.time);
            fail("PatchForecaster", rule);
        }
        series_patches(x, self.config.patch, self.config.stride)
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for PatchForecaster<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let patches = self.patches(&x);
        let vectors = within("patch_embedding", || self.patch_embedding.forward(patches));
        let mut x = self.positions.forward(vectors);
        for (number, block) in self.blocks.iter_mut().enumerate() {
            x = within("blocks", || within(number, || block.forward(x, &Mask::NONE)));
        }
        let x = within("norm", || self.norm.forward(x));
        let (series, all) = (x.dim(0), x.dim(1) * x.dim(2));
        within("head", || self.head.forward(x.reshape([series, all])))
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let grad = within("head", || self.head.backward(grad));
        let vectors = [grad.dim(0), self.config.patches(), self.config.size];
        let mut grad = within("norm", || self.norm.backward(grad.reshape(vectors)));
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            grad = within("blocks", || within(number, || block.backward(grad)));
        }
        let grad = self.positions.backward(grad);
        let patches = within("patch_embedding", || self.patch_embedding.backward(grad));
        series_patches_backward(&patches, self.config.time, self.config.stride)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let patches = self.patches(&x);
        let vectors = within("patch_embedding", || self.patch_embedding.infer(patches));
        let mut x = self.positions.infer(vectors);
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, &Mask::NONE)));
        }
        let x = within("norm", || self.norm.infer(x));
        let (series, all) = (x.dim(0), x.dim(1) * x.dim(2));
        within("head", || self.head.infer(x.reshape([series, all])))
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for PatchForecaster<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("patch_embedding", &mut self.patch_embedding);
        visitor.child("positions", &mut self.positions);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
        visitor.child("head", &mut self.head);
    }
}
