//! The vision Transformer (Dosovitskiy et al. 2021; `torchvision.models.VisionTransformer`): an image is a sentence of patches.
//!
//! Shapes: images `[batch, channels, side, side]`, with `n = (side / patch)²` patches; logits `[batch, classes]`.
//!
//! Patches go through one linear layer, the class token is put before them, places are added, and pre-LN blocks let all look at
//! all. The class token's vector, after a last LayerNorm, goes into the head. Backward is the same way back: the class token
//! gets the sum of its gradients over the batch, as everything does that is used in every example.
//!
//! Left out: other image sizes than the one trained for (resizing the places), convolutional stems.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Linear, Module, Param, Role, Visitor};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch19_attention::{LearnedPositions, Mask};

use crate::stack::Stack;
use crate::{Block, image_patches, image_patches_backward};

/// Added to the variance by every LayerNorm, as in torchvision.
const EPS: f64 = 1e-6;

/// The sizes of a vision Transformer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VitConfig {
    /// Channels of an image.
    pub channels: usize,
    /// Its height and width.
    pub side: usize,
    /// Height and width of a patch.
    pub patch: usize,
    /// Features of a vector.
    pub size: usize,
    /// Attention heads in a block.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Features inside the feed-forward layers.
    pub feed_forward: usize,
    /// The probability of every dropout.
    pub dropout: f64,
    /// Logits.
    pub classes: usize,
}

impl VitConfig {
    /// ViT-B/16 for ImageNet: 86.6 million parameters.
    pub const fn b_16() -> Self {
        VitConfig {
            channels: 3,
            side: 224,
            patch: 16,
            size: 768,
            heads: 12,
            layers: 12,
            feed_forward: 3072,
            dropout: 0.0,
            classes: 1000,
        }
    }
}

/// A Transformer that classifies images.
pub struct VisionTransformer<T: Float = f32> {
    /// Its sizes.
    pub config: VitConfig,
    /// From the numbers of a patch to its vector.
    pub patch_embedding: Linear<T>,
    /// The vector that stands before those of the patches, `[1, 1, size]`.
    pub class_token: Param<T>,
    /// A vector for each place, that of the class token first.
    pub positions: LearnedPositions<T>,
    /// On the sum.
    pub dropout: Dropout<T>,
    /// The stack.
    pub blocks: Vec<Block<T>>,
    /// After the last block.
    pub norm: LayerNorm<T>,
    /// From the class token's vector to the logits.
    pub head: Linear<T>,
    /// How many examples the forward calls had that have not been gone back through.
    batches: Vec<usize>,
}

impl VisionTransformer {
    /// A model of these sizes, with first weights as PyTorch's layers have them; the class token begins at 0.
    ///
    /// # Panics
    /// When the side is no multiple of the patch's, `size` none of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &VitConfig, rng: &mut Rng) -> Self {
        let VitConfig { channels, side, patch, size, heads, feed_forward, dropout, .. } = *config;
        if patch == 0 || !side.is_multiple_of(patch) {
            fail(
                "VisionTransformer",
                format_args!("images of side {side} do not split into patches of {patch}"),
            );
        }
        let norm = || LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), EPS);
        let block = |rng: &mut Rng| {
            let block = Block::new(size, heads, feed_forward, dropout, rng);
            Block { norm1: norm(), norm2: norm(), ..block }
        };
        VisionTransformer {
            config: *config,
            patch_embedding: Linear::new(channels * patch * patch, size, rng),
            class_token: Param::new(Tensor::zeros([1, 1, size]), Role::Embedding),
            positions: LearnedPositions::new((side / patch) * (side / patch) + 1, size, rng),
            dropout: Dropout::new(dropout, rng),
            blocks: (0..config.layers).map(|_| block(rng)).collect(),
            norm: norm(),
            head: Linear::new(size, config.classes, rng),
            batches: Vec::new(),
        }
    }
}

impl<T: Float> VisionTransformer<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> VisionTransformer<f64> {
        VisionTransformer {
            config: self.config,
            patch_embedding: self.patch_embedding.to_f64(),
            class_token: self.class_token.to_f64(),
            positions: self.positions.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(Block::to_f64).collect(),
            norm: self.norm.to_f64(),
            head: self.head.to_f64(),
            batches: Vec::new(),
        }
    }

    /// The shape of a batch of images.
    fn images(&self, batch: usize) -> [usize; 4] {
        [batch, self.config.channels, self.config.side, self.config.side]
    }

    /// The patches of images of the right shape.
    #[track_caller]
    fn patches(&self, x: &Array<T>) -> Array<T> {
        if x.ndim() != 4 || x.shape()[..] != self.images(x.dim(0)) {
            let want = self.images(0);
            let rule = format_args!("need [batch, {}, {}, {}]", want[1], want[2], want[3]);
            fail("VisionTransformer", format_args!("images of shape {:?}: {rule}", x.shape()));
        }
        image_patches(x, self.config.patch)
    }

    /// The class token before the vectors of each example.
    fn with_class_token(&self, vectors: &Array<T>) -> Array<T> {
        let token = self.class_token.value.clone().broadcast_to([vectors.dim(0), 1, vectors.dim(2)]);
        Array::concat(&[&token, vectors], 1)
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for VisionTransformer<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.batches.push(x.dim(0));
        let patches = self.patches(&x);
        let vectors = within("patch_embedding", || self.patch_embedding.forward(patches));
        let x = self.positions.forward(self.with_class_token(&vectors));
        let mut x = self.dropout.forward(x);
        for (number, block) in self.blocks.iter_mut().enumerate() {
            x = within("blocks", || within(number, || block.forward(x, &Mask::NONE)));
        }
        // Only the class token's vector is used, so only it goes through the norm.
        let token = within("norm", || self.norm.forward(x.slice((.., 0)).contiguous()));
        within("head", || self.head.forward(token))
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(batch) = self.batches.pop() else {
            fail("VisionTransformer::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(grad));
        let grad = within("norm", || self.norm.backward(grad));
        let tokens = self.positions.weight.value.dim(0);
        let mut all = Array::zeros([batch, tokens, self.config.size]);
        all.assign_slice((.., 0), &grad);
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            all = within("blocks", || within(number, || block.backward(all)));
        }
        let grad = self.positions.backward(self.dropout.backward(all));
        let token = grad.narrow(1, 0, 1).sum(0, true);
        let sum = self.class_token.grad.data_mut().iter_mut();
        sum.zip(token.iter()).for_each(|(sum, g)| *sum += g);
        let vectors = grad.narrow(1, 1, tokens - 1).contiguous();
        let patches = within("patch_embedding", || self.patch_embedding.backward(vectors));
        image_patches_backward(&patches, self.images(batch), self.config.patch)
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        let patches = self.patches(&x);
        let vectors = within("patch_embedding", || self.patch_embedding.infer(patches));
        let mut x = self.positions.infer(self.with_class_token(&vectors));
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, &Mask::NONE)));
        }
        let token = within("norm", || self.norm.infer(x.slice((.., 0)).contiguous()));
        within("head", || self.head.infer(token))
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for VisionTransformer<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("patch_embedding", &mut self.patch_embedding);
        visitor.param("class_token", &mut self.class_token);
        visitor.child("positions", &mut self.positions);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
        visitor.child("head", &mut self.head);
    }
}
