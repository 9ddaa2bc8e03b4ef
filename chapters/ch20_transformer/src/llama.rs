//! LLaMA (Touvron et al. 2023; `LlamaForCausalLM` of the transformers library): GPT's task with newer parts.
//!
//! Shapes: token numbers `[batch, time]`, logits `[batch * time, vocabulary]`. Token vectors, [`LlamaBlock`]s, a last RMSNorm,
//! and a head: a matrix of its own in the large models, the table of tokens in the small ones (`tied`). There is no table of
//! positions: each block turns its queries and keys by their places, so scores know distances, and a text can be longer than
//! those of training (how much longer it still makes sense is another question; see the scaling of chapter 19).

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};
use ch08_initialization::init_gpt;
use ch11_normalization::RmsNorm;
use ch12_regularization::Dropout;
use ch14_training::Classifier;
use ch17_embeddings::Embedding;
use ch19_attention::Mask;

use crate::stack::Stack;
use crate::{DecoderCache, LlamaBlock, LlamaConfig, NextToken, tied_logits, tied_logits_backward};

/// A language model with RMSNorm, rotary positions, shared heads of keys and SwiGLU.
pub struct Llama<T: Float = f32> {
    /// Its sizes.
    pub config: LlamaConfig,
    /// A vector for each token (`embed_tokens`).
    pub embedding: Embedding<T>,
    /// On them.
    pub dropout: Dropout<T>,
    /// The stack.
    pub blocks: Vec<LlamaBlock<T>>,
    /// After the last block.
    pub norm: RmsNorm<T>,
    /// The head, `[vocabulary, size]`; without one the table of tokens is the head.
    pub head: Option<Param<T>>,
    /// What went into the head in forward calls that have not been gone back through.
    hidden: Vec<Array<T>>,
}

impl Llama {
    /// A model of these sizes, with normal first weights, smaller at the end of residual branches (chapter 8).
    ///
    /// # Panics
    /// When `heads` is not a multiple of `kv_heads`, the heads' size is odd, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &LlamaConfig, rng: &mut Rng) -> Self {
        let &LlamaConfig { vocabulary, size, layers, eps, .. } = config;
        let head = || Param::new(Tensor::zeros([vocabulary, size]), Role::Weight);
        let mut model = Llama {
            config: config.clone(),
            embedding: Embedding::new(vocabulary, size, None, rng),
            dropout: Dropout::new(config.dropout, rng),
            blocks: (0..layers).map(|_| LlamaBlock::new(config, rng)).collect(),
            norm: RmsNorm::from_parts(Tensor::ones([size]), eps),
            head: (!config.tied).then(head),
            hidden: Vec::new(),
        };
        init_gpt(&mut model, layers, config.init_std, rng);
        model
    }
}

impl<T: Float> Llama<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Llama<f64> {
        Llama {
            config: self.config.clone(),
            embedding: self.embedding.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(LlamaBlock::to_f64).collect(),
            norm: self.norm.to_f64(),
            head: self.head.as_ref().map(Param::to_f64),
            hidden: Vec::new(),
        }
    }

    // ANCHOR: forward
    /// The scores of every next token, `[batch, time]` to `[batch * time, vocabulary]`; keeps what
    /// [`backward`](Llama::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table.
    #[track_caller]
    pub fn forward(&mut self, ids: &Array<i64>) -> Array<T> {
        let x = within("embedding", || self.embedding.forward(ids));
        let mut x = self.dropout.forward(x);
        for (number, block) in self.blocks.iter_mut().enumerate() {
            x = within("blocks", || within(number, || block.forward(x, &Mask::CAUSAL)));
        }
        let x = within("norm", || self.norm.forward(x));
        self.hidden.push(x.clone());
        tied_logits(&x, self.table())
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch * time, vocabulary]`. Tokens have no gradient.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(hidden) = self.hidden.pop() else {
            fail("Llama::backward", format_args!("no forward call to go back through"))
        };
        let table = self.head.as_mut().unwrap_or(&mut self.embedding.weight);
        let x = tied_logits_backward(&grad, &hidden, table);
        let mut grad = within("norm", || self.norm.backward(x));
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            grad = within("blocks", || within(number, || block.backward(grad)));
        }
        let grad = self.dropout.backward(grad);
        self.embedding.backward(grad);
    }
    // ANCHOR_END: forward

    /// The matrix of the head, `[vocabulary, size]`.
    fn table(&self) -> &Array<T> {
        &self.head.as_ref().unwrap_or(&self.embedding.weight).value
    }

    /// The logits, for use rather than training: nothing is kept.
    ///
    /// # Panics
    /// As [`forward`](Llama::forward).
    #[track_caller]
    pub fn infer(&self, ids: &Array<i64>) -> Array<T> {
        let mut x = within("embedding", || self.embedding.infer(ids));
        for (number, block) in self.blocks.iter().enumerate() {
            x = within("blocks", || within(number, || block.infer(x, &Mask::CAUSAL)));
        }
        tied_logits(&within("norm", || self.norm.infer(x)), self.table())
    }

    /// An empty memory of `batch` texts.
    pub fn cache(&self, batch: usize) -> DecoderCache<T> {
        DecoderCache::new(
            self.blocks.iter().map(|block| block.attention.cache(batch, self.config.max_tokens)),
        )
    }

    /// The scores of every token that follows one of the new ones, `[batch, new]` to `[batch * new, vocabulary]`, behind those
    /// that the cache holds.
    ///
    /// # Panics
    /// When a token is not in the table, or the cache has no room.
    #[track_caller]
    pub fn infer_cached(&self, ids: &Array<i64>, cache: &mut DecoderCache<T>) -> Array<T> {
        tied_logits(&self.hidden_cached(ids, cache), self.table())
    }

    #[track_caller]
    fn hidden_cached(&self, ids: &Array<i64>, cache: &mut DecoderCache<T>) -> Array<T> {
        let mut x = within("embedding", || self.embedding.infer(ids));
        for (number, (block, layer)) in self.blocks.iter().zip(cache.layers()).enumerate() {
            x = within("blocks", || within(number, || block.infer_cached(x, layer)));
        }
        within("norm", || self.norm.infer(x))
    }
}

impl<T: Float> Module<T> for Llama<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
        if let Some(head) = &mut self.head {
            visitor.param("head", head);
        }
    }
}

impl Classifier for Llama {
    type Input = Array<i64>;

    fn forward(&mut self, input: &Array<i64>) -> Tensor {
        Llama::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        Llama::backward(self, grad);
    }

    fn infer(&self, input: &Array<i64>) -> Tensor {
        Llama::infer(self, input)
    }
}

impl NextToken for Llama {
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
        tied_logits(&hidden.slice((.., ids.dim(1) - 1)).contiguous(), self.table())
    }

    fn select(&self, cache: &mut DecoderCache, rows: &[usize]) {
        cache.select(rows);
    }
}
