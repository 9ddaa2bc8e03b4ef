//! GPT (Radford et al. 2018, 2019): a stack of blocks with a causal mask, which predicts at each place the token that
//! follows.
//!
//! Shapes: token numbers `[batch, time]`, logits `[batch * time, vocabulary]`: one row for each token, in the order of the
//! labels of chapter 13's `TokenWindows`, so that cross-entropy is that of a classifier.
//!
//! `x = drop(E[ids] + P[0..time])`, the blocks, a last LayerNorm, and the tied head `z = x Eᵀ`. The table `E` is one
//! parameter with one owner, the embedding; it receives gradients from both ends.
//!
//! Left out: dropout on the attention weights, which GPT-2 has too.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch08_initialization::init_gpt;
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch14_training::Classifier;
use ch17_embeddings::Embedding;
use ch19_attention::{LearnedPositions, Mask};

use crate::stack::Stack;
use crate::{Block, DecoderCache, GptConfig, NextToken, tied_logits, tied_logits_backward};

/// A language model: tokens in, scores of the next token out.
pub struct Gpt<T: Float = f32> {
    /// Its sizes.
    pub config: GptConfig,
    /// A vector for each token, and the head.
    pub embedding: Embedding<T>,
    /// A vector for each place.
    pub positions: LearnedPositions<T>,
    /// On the sum of the two.
    pub dropout: Dropout<T>,
    /// The stack.
    pub blocks: Vec<Block<T>>,
    /// After the last block.
    pub norm: LayerNorm<T>,
    /// What went into the head in forward calls that have not been gone back through.
    hidden: Vec<Array<T>>,
}

impl Gpt {
    /// A model of these sizes, with first weights as in GPT-2: normal, smaller at the end of residual branches (chapter 8).
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &GptConfig, rng: &mut Rng) -> Self {
        let &GptConfig { size, heads, layers, feed_forward, dropout, eps, .. } = config;
        let blocks = (0..layers).map(|_| {
            let mut block = Block::new(size, heads, feed_forward, dropout, rng);
            block.mlp = block.mlp.with_activation(config.activation);
            (block.norm1.eps, block.norm2.eps) = (eps, eps);
            block
        });
        let mut model = Gpt {
            config: config.clone(),
            blocks: blocks.collect(),
            embedding: Embedding::new(config.vocabulary, size, None, rng),
            positions: LearnedPositions::new(config.max_tokens, size, rng),
            dropout: Dropout::new(dropout, rng),
            norm: LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), eps),
            hidden: Vec::new(),
        };
        init_gpt(&mut model, layers, config.init_std, rng);
        model
    }
}

impl<T: Float> Gpt<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Gpt<f64> {
        Gpt {
            config: self.config.clone(),
            embedding: self.embedding.to_f64(),
            positions: self.positions.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(Block::to_f64).collect(),
            norm: self.norm.to_f64(),
            hidden: Vec::new(),
        }
    }

    // ANCHOR: forward
    /// The scores of every next token, `[batch, time]` to `[batch * time, vocabulary]`; keeps what
    /// [`backward`](Gpt::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table, or the sequence is too long.
    #[track_caller]
    pub fn forward(&mut self, ids: &Array<i64>) -> Array<T> {
        let x = within("embedding", || self.positions.forward(self.embedding.forward(ids)));
        let mut x = self.dropout.forward(x);
        for (number, block) in self.blocks.iter_mut().enumerate() {
            x = within("blocks", || within(number, || block.forward(x, &Mask::CAUSAL)));
        }
        let x = within("norm", || self.norm.forward(x));
        self.hidden.push(x.clone());
        tied_logits(&x, &self.embedding.weight.value)
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch * time, vocabulary]`. Tokens have no gradient.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(hidden) = self.hidden.pop() else {
            fail("Gpt::backward", format_args!("no forward call to go back through"))
        };
        let x = tied_logits_backward(&grad, &hidden, &mut self.embedding.weight);
        let mut grad = within("norm", || self.norm.backward(x));
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            grad = within("blocks", || within(number, || block.backward(grad)));
        }
        let grad = self.dropout.backward(grad);
        self.embedding.backward(self.positions.backward(grad));
    }
    // ANCHOR_END: forward

    /// The logits, for use rather than training: nothing is kept, nothing is random.
    ///
    /// # Panics
    /// As [`forward`](Gpt::forward).
    #[track_caller]
    pub fn infer(&self, ids: &Array<i64>) -> Array<T> {
        let mut x = within("embedding", || self.positions.infer(self.embedding.infer(ids)));
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, &Mask::CAUSAL)));
        }
        let x = within("norm", || self.norm.infer(x));
        tied_logits(&x, &self.embedding.weight.value)
    }

    // ANCHOR: cached
    /// An empty memory of `batch` texts.
    pub fn cache(&self, batch: usize) -> DecoderCache<T> {
        DecoderCache::new(
            self.blocks.iter().map(|block| block.attention.cache(batch, self.config.max_tokens)),
        )
    }

    /// The scores of every token that follows one of the new ones, `[batch, new]` to `[batch * new, vocabulary]`, behind those
    /// that the cache holds: what [`infer`](Gpt::infer) of the whole text gives for its last places.
    ///
    /// # Panics
    /// When a token is not in the table, or the text gets too long.
    #[track_caller]
    pub fn infer_cached(&self, ids: &Array<i64>, cache: &mut DecoderCache<T>) -> Array<T> {
        tied_logits(&self.hidden_cached(ids, cache), &self.embedding.weight.value)
    }

    #[track_caller]
    fn hidden_cached(&self, ids: &Array<i64>, cache: &mut DecoderCache<T>) -> Array<T> {
        let (from, new) = (cache.len(), ids.dim(1));
        if from + new > self.config.max_tokens {
            let rule = format_args!("{new} tokens behind {from}, and places for {}", self.config.max_tokens);
            fail("Gpt::infer_cached", rule);
        }
        let places = self.positions.weight.value.narrow(0, from, new);
        let mut x = within("embedding", || self.embedding.infer(ids)) + &places;
        for (number, (block, layer)) in self.blocks.iter().zip(cache.layers()).enumerate() {
            x = within("blocks", || within(number, || block.infer_cached(x, layer)));
        }
        within("norm", || self.norm.infer(x))
    }
    // ANCHOR_END: cached
}

impl NextToken for Gpt {
    type Cache = DecoderCache;

    fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    fn max_tokens(&self) -> usize {
        self.config.max_tokens
    }

    fn start(&self, batch: usize) -> DecoderCache {
        self.cache(batch)
    }

    fn read(&self, cache: &mut DecoderCache, ids: &Array<i64>) -> Tensor {
        let hidden = self.hidden_cached(ids, cache);
        tied_logits(&hidden.slice((.., ids.dim(1) - 1)).contiguous(), &self.embedding.weight.value)
    }

    fn select(&self, cache: &mut DecoderCache, rows: &[usize]) {
        cache.select(rows);
    }
}

impl<T: Float> Module<T> for Gpt<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("positions", &mut self.positions);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
    }
}

// ANCHOR: classifier
impl Classifier for Gpt {
    type Input = Array<i64>;

    fn forward(&mut self, input: &Array<i64>) -> Tensor {
        Gpt::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        Gpt::backward(self, grad);
    }

    fn infer(&self, input: &Array<i64>) -> Tensor {
        Gpt::infer(self, input)
    }
}
// ANCHOR_END: classifier
