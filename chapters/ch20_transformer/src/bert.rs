//! BERT's encoder (Devlin et al. 2018; `transformers.BertModel`, `DistilBertModel`): token, position and segment vectors are
//! added, normed, and go through post-LN blocks.
//!
//! Shapes: token numbers and segments `[batch, time]`, output `[batch, time, size]`. Every token sees every real token, those
//! behind it too. Padding is hidden from attention by the mask; the vectors at padded places mean nothing.
//!
//! A last norm as in [`Encoder`](crate::Encoder) is not needed: a post-LN block ends in one.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch08_initialization::init_gpt_where;
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch17_embeddings::Embedding;
use ch19_attention::{LearnedPositions, Mask};

use crate::stack::Stack;
use crate::{BertConfig, PostNormBlock};

/// The vectors of tokens, places and segments, and a stack of post-LN blocks.
pub struct Bert<T: Float = f32> {
    /// A vector for each token.
    pub tokens: Embedding<T>,
    /// A vector for each place.
    pub positions: LearnedPositions<T>,
    /// A vector for each segment, if segments are told apart.
    pub segments: Option<Embedding<T>>,
    /// On the sum of the three.
    pub norm: LayerNorm<T>,
    /// Behind the norm.
    pub dropout: Dropout<T>,
    /// The stack.
    pub blocks: Vec<PostNormBlock<T>>,
}

impl Bert {
    /// An encoder of these sizes, with first weights as BERT's: normal with `init_std`, biases 0.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &BertConfig, rng: &mut Rng) -> Self {
        let BertConfig { size, heads, feed_forward, dropout, eps, .. } = *config;
        let mut block = || {
            let mut block = PostNormBlock::new(size, heads, feed_forward, dropout, eps, rng);
            block.mlp = block.mlp.with_activation(config.activation);
            block
        };
        let blocks = (0..config.layers).map(|_| block()).collect();
        let mut bert = Bert {
            tokens: Embedding::new(config.vocabulary, size, None, rng),
            positions: LearnedPositions::new(config.max_tokens, size, rng),
            segments: (config.segments > 0).then(|| Embedding::new(config.segments, size, None, rng)),
            norm: LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), eps),
            dropout: Dropout::new(dropout, rng),
            blocks,
        };
        // Post-LN brings every sum to size 1 again: no branch has to begin smaller.
        init_gpt_where(&mut bert, config.layers, config.init_std, |_| false, rng);
        bert
    }
}

impl<T: Float> Bert<T> {
    /// The same encoder in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Bert<f64> {
        Bert {
            tokens: self.tokens.to_f64(),
            positions: self.positions.to_f64(),
            segments: self.segments.as_ref().map(Embedding::to_f64),
            norm: self.norm.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(PostNormBlock::to_f64).collect(),
        }
    }

    /// The features of each vector.
    pub fn size(&self) -> usize {
        self.norm.weight.value.size()
    }

    // ANCHOR: forward
    /// A vector for each token, `[batch, time]` to `[batch, time, size]`; keeps what [`backward`](Bert::backward) needs.
    /// Without `segments`, all tokens belong to segment 0.
    ///
    /// # Panics
    /// When a token or segment is not in its table, the sequence is too long, an array has another shape, or there are
    /// segments for an encoder that does not tell them apart.
    #[track_caller]
    pub fn forward(&mut self, ids: &Array<i64>, segments: Option<&Array<i64>>, mask: &Mask<'_>) -> Array<T> {
        self.check_segments(ids, segments);
        let mut x = within("embeddings", || self.positions.forward(self.tokens.forward(ids)));
        if let Some(table) = &mut self.segments {
            let first = segments.is_none().then(|| ids.zeros_like());
            x += &table.forward(segments.or(first.as_ref()).expect("one of the two"));
        }
        let mut x = self.dropout.forward(within("norm", || self.norm.forward(x)));
        for (number, block) in self.blocks.iter_mut().enumerate() {
            x = within("blocks", || within(number, || block.forward(x, mask)));
        }
        x
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, time, size]`. Tokens have no gradient.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, mut grad: Array<T>) {
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            grad = within("blocks", || within(number, || block.backward(grad)));
        }
        let grad = self.norm.backward(self.dropout.backward(grad));
        if let Some(table) = &mut self.segments {
            table.backward(grad.clone());
        }
        self.tokens.backward(self.positions.backward(grad));
    }
    // ANCHOR_END: forward

    /// A vector for each token, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](Bert::forward).
    #[track_caller]
    pub fn infer(&self, ids: &Array<i64>, segments: Option<&Array<i64>>, mask: &Mask<'_>) -> Array<T> {
        self.check_segments(ids, segments);
        let mut x = within("embeddings", || self.positions.infer(self.tokens.infer(ids)));
        if let Some(table) = &self.segments {
            let first = segments.is_none().then(|| ids.zeros_like());
            x += &table.infer(segments.or(first.as_ref()).expect("one of the two"));
        }
        let mut x = within("norm", || self.norm.infer(x));
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, mask)));
        }
        x
    }

    #[track_caller]
    fn check_segments(&self, ids: &Array<i64>, segments: Option<&Array<i64>>) {
        let Some(segments) = segments else { return };
        if self.segments.is_none() {
            fail("Bert", format_args!("segments for an encoder that does not tell them apart"));
        }
        if segments.shape() != ids.shape() {
            fail("Bert", format_args!("segments {:?} for tokens {:?}", segments.shape(), ids.shape()));
        }
    }
}

impl<T: Float> Module<T> for Bert<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("tokens", &mut self.tokens);
        visitor.child("positions", &mut self.positions);
        if let Some(segments) = &mut self.segments {
            visitor.child("segments", segments);
        }
        visitor.child("norm", &mut self.norm);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
    }
}
