//! The encoder: tokens and places become vectors, and a stack of blocks lets them look at each other.
//!
//! Shapes: token numbers `[batch, time]`, output `[batch, time, size]`. The sum of token and position vectors goes through
//! dropout, the blocks, and a last LayerNorm, since in pre-LN blocks nothing else brings the sum of all branches to a
//! common scale. Padding is hidden from attention by the mask; the vectors at padded places mean nothing.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch17_embeddings::Embedding;
use ch19_attention::{LearnedPositions, Mask};
use ch20_transformer::{Block, EncoderConfig};

/// Token and position vectors, and a stack of blocks.
pub struct Encoder<T: Float = f32> {
    /// A vector for each token.
    pub embedding: Embedding<T>,
    /// A vector for each place.
    pub positions: LearnedPositions<T>,
    /// On the sum of the two.
    pub dropout: Dropout<T>,
    /// The stack.
    pub blocks: Vec<Block<T>>,
    /// After the last block.
    pub norm: LayerNorm<T>,
}

impl Encoder {
    /// An encoder of these sizes, with PyTorch's first weights.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &EncoderConfig, rng: &mut Rng) -> Self {
        let EncoderConfig { size, heads, feed_forward, dropout, .. } = *config;
        Encoder {
            embedding: Embedding::new(config.vocabulary, size, None, rng),
            positions: LearnedPositions::new(config.max_tokens, size, rng),
            dropout: Dropout::new(dropout, rng),
            blocks: (0..config.layers).map(|_| Block::new(size, heads, feed_forward, dropout, rng)).collect(),
            norm: LayerNorm::new(size),
        }
    }
}

impl<T: Float> Encoder<T> {
    /// The same encoder in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Encoder<f64> {
        Encoder {
            embedding: self.embedding.to_f64(),
            positions: self.positions.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(Block::to_f64).collect(),
            norm: self.norm.to_f64(),
        }
    }

    /// A vector for each token, `[batch, time]` to `[batch, time, size]`; keeps what
    /// [`backward`](Encoder::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table, the sequence is too long, or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, ids: &Array<i64>, mask: &Mask<'_>) -> Array<T> {
        // Yours: Token vectors, plus positions, through dropout, through every block with the mask, through
        // the last norm.
        todo!()
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, time, size]`. Tokens have no gradient.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        // Yours: The same way back: norm, blocks from the last to the first, dropout, positions, embedding.
        todo!()
    }

    /// A vector for each token, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](Encoder::forward).
    #[track_caller]
    pub fn infer(&self, ids: &Array<i64>, mask: &Mask<'_>) -> Array<T> {
        let mut x = within("embedding", || self.positions.infer(self.embedding.infer(ids)));
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, mask)));
        }
        self.norm.infer(x)
    }
}

impl<T: Float> Module<T> for Encoder<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("positions", &mut self.positions);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
    }
}

/// The blocks as one child, so that they are called `blocks.0`, `blocks.1`, ….
struct Stack<'a, T: Float>(&'a mut [Block<T>]);

impl<T: Float> Module<T> for Stack<'_, T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (number, block) in self.0.iter_mut().enumerate() {
            visitor.child(number, block);
        }
    }
}
