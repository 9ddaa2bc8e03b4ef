//! The encoder-decoder (Vaswani et al. 2017, T5; `nn.Transformer`): one stack reads a sequence, another writes one.
//!
//! Shapes: source and target `[batch, time]` each, logits `[batch, target time, vocabulary]`.
//!
//! The encoder sees the whole source. The decoder sees what it has written so far (causal attention) and, in every block,
//! the encoder's output, the *memory* (cross-attention). Training is *teacher forcing*: the decoder is given the right target,
//! moved by one place (a BEGIN in front), and predicts all its tokens at once. In use it is given its own, one after the
//! other ([`greedy`](EncoderDecoder::greedy)), with the keys and values of earlier ones cached, and those of the memory computed
//! once.
//!
//! The table of target tokens also makes the logits ([`tied_logits`](crate::tied_logits)). Left out: beam search for it,
//! T5's relative positions.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch08_initialization::init_gpt;
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch17_embeddings::Embedding;
use ch19_attention::{KvCache, LearnedPositions, Mask};

use crate::pooling::{at_places, from_places, real_places};
use crate::stack::Stack;
use crate::{CrossBlock, Encoder, EncoderConfig, tied_logits, tied_logits_backward};

/// The sizes of an [`EncoderDecoder`]: those of its encoder (classes and pooling are not used), and of the target.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderDecoderConfig {
    /// The encoder; the decoder has as many blocks of the same size.
    pub encoder: EncoderConfig,
    /// How many different tokens are written.
    pub target_vocabulary: usize,
}

/// A source, and what the decoder is given of its target: BEGIN and all tokens but the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// What is read.
    pub source: Tokens,
    /// What has been written before each place.
    pub target: Tokens,
}

/// An [`Encoder`] and a stack of [`CrossBlock`]s that looks at what it found.
pub struct EncoderDecoder<T: Float = f32> {
    /// What reads.
    pub encoder: Encoder<T>,
    /// A vector for each target token, and the logits of the output.
    pub embedding: Embedding<T>,
    /// A vector for each place of the target.
    pub positions: LearnedPositions<T>,
    /// On the sum of the two.
    pub dropout: Dropout<T>,
    /// The decoder's stack.
    pub blocks: Vec<CrossBlock<T>>,
    /// After the last block.
    pub norm: LayerNorm<T>,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    /// What was multiplied with the table, `[real tokens, size]`.
    hidden: Array<T>,
    places: Array<i64>,
    shape: [usize; 2],
}

impl EncoderDecoder {
    /// An untrained model of these sizes, with first weights as GPT-2's.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &EncoderDecoderConfig, rng: &mut Rng) -> Self {
        let EncoderConfig { size, heads, feed_forward, dropout, layers, max_tokens, init_std, .. } =
            config.encoder;
        let mut model = EncoderDecoder {
            encoder: Encoder::new(&config.encoder, rng),
            embedding: Embedding::new(config.target_vocabulary, size, None, rng),
            positions: LearnedPositions::new(max_tokens, size, rng),
            dropout: Dropout::new(dropout, rng),
            blocks: (0..layers).map(|_| CrossBlock::new(size, heads, feed_forward, dropout, rng)).collect(),
            norm: LayerNorm::new(size),
            kept: Vec::new(),
        };
        init_gpt(&mut model, layers, init_std, rng);
        model
    }

    /// The most likely target of each source, token by token: up to `end` (not in it), or of `longest` tokens. `begin` is
    /// what the decoder is given first.
    ///
    /// # Panics
    /// When a token is not in its table, or a sequence is too long.
    // ANCHOR: greedy
    #[track_caller]
    pub fn greedy(&self, source: &Tokens, begin: i64, end: i64, longest: usize) -> Vec<Vec<i64>> {
        let real = Some(&source.mask);
        let memory = self.read(source);
        let batch = source.ids.dim(0);
        let memories: Vec<KvCache> =
            self.blocks.iter().map(|block| block.cross.remember(memory.clone())).collect();
        let mut caches: Vec<KvCache> =
            self.blocks.iter().map(|block| block.attention.cache(batch, longest)).collect();
        let (mut texts, mut open) = (vec![Vec::new(); batch], vec![true; batch]);
        let mut last = Array::full([batch, 1], begin);
        for place in 0..longest {
            let mut x = self.embedding.infer(&last) + &self.positions.weight.value.narrow(0, place, 1);
            let stack = self.blocks.iter().zip(&mut caches).zip(&memories);
            for ((block, own), memory) in stack {
                x = block.infer_cached(x, own, memory, real);
            }
            let best =
                tied_logits(&Layer::infer(&self.norm, x), &self.embedding.weight.value).argmax(1, false);
            last = best.clone().reshape([batch, 1]);
            for ((text, open), token) in texts.iter_mut().zip(&mut open).zip(best.iter()) {
                *open &= token != end;
                if *open {
                    text.push(token);
                }
            }
            if !open.contains(&true) {
                break;
            }
        }
        texts
    }
    // ANCHOR_END: greedy
}

impl<T: Float> EncoderDecoder<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> EncoderDecoder<f64> {
        EncoderDecoder {
            encoder: self.encoder.to_f64(),
            embedding: self.embedding.to_f64(),
            positions: self.positions.to_f64(),
            dropout: self.dropout.to_f64(),
            blocks: self.blocks.iter().map(CrossBlock::to_f64).collect(),
            norm: self.norm.to_f64(),
            kept: Vec::new(),
        }
    }

    /// The memory of a source, `[batch, time, size]`.
    fn read(&self, source: &Tokens) -> Array<T> {
        within("encoder", || self.encoder.infer(&source.ids, &Mask::padding(&source.mask)))
    }

    // ANCHOR: forward
    /// The logits at all real places of the target, `[real tokens, vocabulary]`: those of the first text, then of the second, …
    ///
    /// # Panics
    /// When a token is not in its table, a sequence is too long, or a mask has another shape than its tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &Pairs) -> Array<T> {
        let Pairs { source, target } = input;
        let memory = within("encoder", || self.encoder.forward(&source.ids, &Mask::padding(&source.mask)));
        let x = within("embedding", || self.positions.forward(self.embedding.forward(&target.ids)));
        let mut x = self.dropout.forward(x);
        for (number, block) in self.blocks.iter_mut().enumerate() {
            let memory = memory.clone();
            x = within("blocks", || within(number, || block.forward(x, memory, Some(&source.mask))));
        }
        let x = self.norm.forward(x);
        let places = real_places(&target.mask);
        let hidden = at_places(x, &places);
        let logits = tied_logits(&hidden, &self.embedding.weight.value);
        self.kept.push(Kept { hidden, places, shape: [target.ids.dim(0), target.ids.dim(1)] });
        logits
    }

    /// Adds to the gradients of the parameters; `grad` is `[real tokens, vocabulary]`. What the blocks send to the memory is
    /// added up and goes on through the encoder.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(Kept { hidden, places, shape }) = self.kept.pop() else {
            fail("EncoderDecoder::backward", format_args!("no forward call to go back through"))
        };
        let grad = tied_logits_backward(&grad, &hidden, &mut self.embedding.weight);
        let mut grad = self.norm.backward(from_places(&grad, &places, shape));
        let mut memory: Option<Array<T>> = None;
        for (number, block) in self.blocks.iter_mut().enumerate().rev() {
            let (past, sent) = within("blocks", || within(number, || block.backward(grad)));
            grad = past;
            memory = Some(match memory {
                Some(sum) => sum + &sent,
                None => sent,
            });
        }
        let grad = self.dropout.backward(grad);
        self.embedding.backward(self.positions.backward(grad));
        if let Some(memory) = memory {
            within("encoder", || self.encoder.backward(memory));
        }
    }
    // ANCHOR_END: forward

    /// The logits at all real places of the target, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](EncoderDecoder::forward).
    #[track_caller]
    pub fn infer(&self, input: &Pairs) -> Array<T> {
        let Pairs { source, target } = input;
        let memory = self.read(source);
        let mut x = within("embedding", || self.positions.infer(self.embedding.infer(&target.ids)));
        for (number, block) in self.blocks.iter().enumerate() {
            let memory = memory.clone();
            x = within("blocks", || within(number, || block.infer(x, memory, Some(&source.mask))));
        }
        let hidden = at_places(self.norm.infer(x), &real_places(&target.mask));
        tied_logits(&hidden, &self.embedding.weight.value)
    }
}

impl<T: Float> Module<T> for EncoderDecoder<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("encoder", &mut self.encoder);
        visitor.child("embedding", &mut self.embedding);
        visitor.child("positions", &mut self.positions);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("blocks", &mut Stack(&mut self.blocks));
        visitor.child("norm", &mut self.norm);
    }
}

impl Classifier for EncoderDecoder {
    type Input = Pairs;

    fn forward(&mut self, input: &Pairs) -> Tensor {
        EncoderDecoder::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        EncoderDecoder::backward(self, grad);
    }

    fn infer(&self, input: &Pairs) -> Tensor {
        EncoderDecoder::infer(self, input)
    }
}
