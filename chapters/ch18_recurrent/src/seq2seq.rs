//! Encoder and decoder: from one sequence to another of another length (Cho et al. 2014, Sutskever, Vinyals and Le 2014), with
//! attention (Bahdanau, Cho and Bengio 2015).
//!
//! Shapes: the source is `[batch, time]` with a mask, the target `[batch, steps]`, logits are `[batch, steps, words]`.
//!
//! A GRU reads the source both ways: a key for each place, `[batch, time, 2 hidden]`, and from its two last states the first
//! state of the decoder, `s_0 = tanh(B [h→; h←])`. Each step of the decoder asks with its state what matters in the source,
//! and gets a context; word and context make the next state, state and context make the scores of the next word:
//!
//! `c_t = attend(s_(t-1), keys)`, `s_t = GRU([word_(t-1); c_t], s_(t-1))`, `logits_t = H [s_t; c_t]`.
//!
//! In training, `word_(t-1)` is the right word (teacher forcing), so all steps are judged at once. In use it is the word that
//! the decoder chose itself, and an early mistake can lead to further ones.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch03_neurons::{tanh, tanh_backward};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch13_data::Tokens;
use ch17_embeddings::Embedding;

use crate::{AdditiveAttention, Gru, GruCell, Packing, RecurrentConfig, State, last_step};

/// The sizes of a [`Seq2Seq`].
#[derive(Clone, Debug, PartialEq)]
pub struct Seq2SeqConfig {
    /// Different tokens of the source.
    pub source: usize,
    /// Different tokens of the target.
    pub target: usize,
    /// Numbers of a token vector.
    pub embedding: usize,
    /// Numbers of a state, in the encoder for each direction.
    pub hidden: usize,
}

/// Encoder, attention and decoder.
pub struct Seq2Seq<T: Float = f32> {
    /// A vector for each token of the source.
    pub source: Embedding<T>,
    /// Reads the source both ways.
    pub encoder: Gru<T>,
    /// `B`: from the last states of the encoder to the first of the decoder.
    pub bridge: Linear<T>,
    /// A vector for each token of the target.
    pub target: Embedding<T>,
    /// Finds what matters in the source.
    pub attention: AdditiveAttention<T>,
    /// The decoder's step.
    pub cell: GruCell<T>,
    /// `H`: the scores of the next token.
    pub head: Linear<T>,
    /// Of forward calls that have not been gone back through: the packing of the source, `s_0`, and the steps.
    calls: Vec<(Packing, Array<T>, usize)>,
}

impl Seq2Seq {
    /// A network with PyTorch's first weights.
    ///
    /// # Panics
    /// When a size is 0.
    #[track_caller]
    pub fn new(config: &Seq2SeqConfig, rng: &mut Rng) -> Self {
        let Seq2SeqConfig { source, target, embedding, hidden } = *config;
        let both_ways = RecurrentConfig { bidirectional: true, ..RecurrentConfig::new(embedding, hidden) };
        Seq2Seq {
            source: Embedding::new(source, embedding, None, rng),
            encoder: Gru::new(&both_ways, rng),
            bridge: Linear::new(2 * hidden, hidden, rng),
            target: Embedding::new(target, embedding, None, rng),
            attention: AdditiveAttention::new(hidden, 2 * hidden, hidden, rng),
            cell: GruCell::new(embedding + 2 * hidden, hidden, rng),
            head: Linear::new(3 * hidden, target, rng),
            calls: Vec::new(),
        }
    }
}

impl<T: Float> Seq2Seq<T> {
    /// The same network in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Seq2Seq<f64> {
        Seq2Seq {
            source: self.source.to_f64(),
            encoder: self.encoder.to_f64(),
            bridge: self.bridge.to_f64(),
            target: self.target.to_f64(),
            attention: self.attention.to_f64(),
            cell: self.cell.to_f64(),
            head: self.head.to_f64(),
            calls: Vec::new(),
        }
    }

    // ANCHOR: forward
    /// The logits of each next token, `[batch, steps, words]`, given the right tokens before it, `before`: `[batch, steps]`,
    /// the target moved on by one, with a token for the beginning in front. Keeps what [`backward`](Seq2Seq::backward) needs.
    ///
    /// # Panics
    /// When a token is not in its table, a shape does not fit, or a source has no token.
    #[track_caller]
    pub fn forward(&mut self, source: &Tokens, before: &Array<i64>) -> Array<T> {
        let packing = Packing::from_mask(&source.mask);
        let vectors = within("source", || self.source.forward(&packing.pack(&source.ids)));
        let (keys, last) = within("encoder", || self.encoder.forward_packed(vectors, &packing, None));
        let keys = packing.unpack(&keys);
        let start = tanh(self.bridge.forward(side_by_side(&last)));
        let words = within("target", || self.target.forward(before));
        let (mut s, mut outputs) = (start.clone(), Vec::new());
        for t in 0..before.dim(1) {
            let [context, _] = self.attention.forward(s.clone(), keys.clone(), &source.mask);
            let x = Array::concat(&[&words.slice((.., t)), &context], 1);
            s = self.cell.forward(x, s);
            outputs.push(Array::concat(&[&s, &context], 1));
        }
        self.calls.push((packing, start, outputs.len()));
        self.head.forward(Array::stack(&outputs.iter().collect::<Vec<_>>(), 1))
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, steps, words]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let (packing, start, steps) = last_step("Seq2Seq::backward", &mut self.calls);
        let (hidden, embedding) = (start.dim(1), self.target.weight.value.dim(1));
        let outputs = self.head.backward(grad);
        let mut ds = start.zeros_like();
        let mut dwords = Array::zeros([packing.batch(), steps, embedding]);
        let mut dkeys: Option<Array<T>> = None;
        for t in (0..steps).rev() {
            ds += &outputs.slice((.., t, ..hidden));
            let (dx, before) = self.cell.backward(&ds);
            dwords.assign_slice((.., t), &dx.slice((.., ..embedding)));
            let dcontext = outputs.slice((.., t, hidden..)).copy() + &dx.slice((.., embedding..));
            let (dquery, dkeys_now) = self.attention.backward(&dcontext);
            ds = before + &dquery;
            dkeys = Some(match dkeys {
                Some(sum) => sum + &dkeys_now,
                None => dkeys_now,
            });
        }
        within("target", || self.target.backward(dwords));
        let dlast = self.bridge.backward(tanh_backward(ds, &start));
        let [forward, reverse] = dlast.split_equal::<2>(1);
        let dlast = State { hidden: Array::stack(&[&forward, &reverse], 0), cell: None };
        let dkeys = match dkeys {
            Some(dkeys) => packing.pack(&dkeys),
            None => Array::zeros([packing.rows(), 2 * hidden]),
        };
        let (dvectors, _) = within("encoder", || self.encoder.backward_packed(dkeys, Some(&dlast)));
        within("source", || self.source.backward(dvectors));
    }
    // ANCHOR_END: forward

    // ANCHOR: translate
    /// The tokens that the network chooses, each the most likely one after those before, `[batch, steps]`, beginning with
    /// `start`; and where it looked, `[batch, steps, time]`.
    ///
    /// # Panics
    /// As [`forward`](Seq2Seq::forward).
    #[track_caller]
    pub fn translate(&self, source: &Tokens, start: i64, steps: usize) -> (Array<i64>, Array<T>) {
        let packing = Packing::from_mask(&source.mask);
        let vectors = self.source.infer(&packing.pack(&source.ids));
        let (keys, last) = self.encoder.infer_packed(vectors, &packing, None);
        let keys = packing.unpack(&keys);
        let mut s = tanh(self.bridge.infer(side_by_side(&last)));
        let mut word = Array::full([packing.batch()], start);
        let (mut chosen, mut looked) = (Vec::new(), Vec::new());
        for _ in 0..steps {
            let [context, weights] = self.attention.infer(s.clone(), &keys, &source.mask);
            s = self.cell.infer(&Array::concat(&[&self.target.infer(&word), &context], 1), &s);
            word = self.head.infer(Array::concat(&[&s, &context], 1)).argmax(1, false);
            chosen.push(word.clone());
            looked.push(weights);
        }
        let ids = Array::stack(&chosen.iter().collect::<Vec<_>>(), 1);
        (ids, Array::stack(&looked.iter().collect::<Vec<_>>(), 1))
    }
    // ANCHOR_END: translate
}

/// The two last states of the encoder, `[2, batch, hidden]`, as `[batch, 2 hidden]`.
fn side_by_side<T: Float>(last: &State<T>) -> Array<T> {
    Array::concat(&[&last.hidden.slice(0), &last.hidden.slice(1)], 1)
}

impl<T: Float> Module<T> for Seq2Seq<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("source", &mut self.source);
        visitor.child("encoder", &mut self.encoder);
        visitor.child("bridge", &mut self.bridge);
        visitor.child("target", &mut self.target);
        visitor.child("attention", &mut self.attention);
        visitor.child("cell", &mut self.cell);
        visitor.child("head", &mut self.head);
    }
}
