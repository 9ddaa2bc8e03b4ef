//! A masked language model (Devlin et al. 2018; `transformers.BertForMaskedLM`): a [`Bert`] that guesses words left out.
//!
//! Shapes: texts `[batch, time]`, asked places `[places]`, logits `[places, vocabulary]`.
//!
//! The head makes a logit for every word of the vocabulary: `h = norm(f(W x + b))`, `z = E h + c`, where `E`, `[vocabulary, size]`,
//! is the encoder's own table of tokens (*tied*, Press and Wolf 2017) and only `c` belongs to the head. With `g = dL/dz`:
//! `dL/dE += gᵀ h`, on top of what the table gets as an embedding, `dL/dc = Σ g`, `dL/dh = g E`.
//!
//! Only places that are asked for have logits. For 15 % of the places that is a seventh of the time and memory of the largest
//! matrix product: with 32 texts of 256 tokens and 20,000 words, 100 MB of logits instead of 650.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Param, Role, Visitor};
use ch08_initialization::{constant, normal};
use ch11_normalization::LayerNorm;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch19_attention::Mask;

use crate::pooling::{at_places, from_places};
use crate::{Bert, BertConfig, MaskedTokens, tied_logits, tied_logits_backward};

/// From vectors to logits over the vocabulary; the table of tokens is lent by the encoder.
pub struct MaskedLmHead<T: Float = f32> {
    /// `[size, size]`.
    pub dense: Linear<T>,
    activation: ActivationLayer<T>,
    /// Behind the activation.
    pub norm: LayerNorm<T>,
    /// Added to the logits, `[vocabulary]`.
    pub bias: Param<T>,
    /// What was multiplied with the table in forward calls that have not been gone back through.
    kept: Vec<Array<T>>,
}

impl MaskedLmHead {
    /// A head for an encoder of these sizes.
    pub fn new(config: &BertConfig, rng: &mut Rng) -> Self {
        let size = config.size;
        let mut dense = Linear::new(size, size, rng);
        normal(&mut dense.weight.value, 0.0, config.init_std, rng);
        if let Some(bias) = &mut dense.bias {
            constant(&mut bias.value, 0.0);
        }
        MaskedLmHead {
            dense,
            activation: ActivationLayer::new(config.activation),
            norm: LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), config.eps),
            bias: Param::new(Tensor::zeros([config.vocabulary]), Role::Bias),
            kept: Vec::new(),
        }
    }
}

impl<T: Float> MaskedLmHead<T> {
    /// The same head in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> MaskedLmHead<f64> {
        MaskedLmHead {
            dense: self.dense.to_f64(),
            activation: self.activation.to_f64(),
            norm: self.norm.to_f64(),
            bias: self.bias.to_f64(),
            kept: Vec::new(),
        }
    }

    /// What stands between the linear layer and the norm.
    pub fn activation(&self) -> Activation {
        self.activation.kind
    }

    // ANCHOR: head
    /// Vectors `[places, size]` to logits `[places, vocabulary]`, with the table `[vocabulary, size]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, table: &Array<T>) -> Array<T> {
        let h = within("dense", || self.dense.forward(x));
        let h = self.activation.forward(h);
        let h = within("norm", || self.norm.forward(h));
        let logits = tied_logits(&h, table) + &self.bias.value;
        self.kept.push(h);
        logits
    }

    /// The gradient of the vectors, for that of the logits; adds to the gradients of the parameters, and of the table.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>, table: &mut Param<T>) -> Array<T> {
        let Some(h) = self.kept.pop() else {
            fail("MaskedLmHead::backward", format_args!("no forward call to go back through"))
        };
        self.bias.grad += &grad.sum(0, false);
        let grad = tied_logits_backward(&grad, &h, table);
        let grad = within("norm", || self.norm.backward(grad));
        let grad = self.activation.backward(grad);
        within("dense", || self.dense.backward(grad))
    }
    // ANCHOR_END: head

    /// The logits of vectors `[.., size]`, all axes but the last as one, for use rather than training.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, table: &Array<T>) -> Array<T> {
        let h = self.activation.infer(within("dense", || self.dense.infer(x)));
        let h = within("norm", || self.norm.infer(h));
        tied_logits(&h, table) + &self.bias.value
    }
}

impl<T: Float> Module<T> for MaskedLmHead<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("dense", &mut self.dense);
        visitor.child("norm", &mut self.norm);
        visitor.param("bias", &mut self.bias);
    }
}

/// A [`Bert`] and a [`MaskedLmHead`] that shares its table of tokens.
pub struct MaskedLm<T: Float = f32> {
    /// What makes vectors of tokens.
    pub bert: Bert<T>,
    /// What makes logits of them.
    pub head: MaskedLmHead<T>,
    /// The places of forward calls that have not been gone back through, and the shapes of their texts.
    places: Vec<(Array<i64>, [usize; 2])>,
}

impl MaskedLm {
    /// An untrained model of these sizes.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &BertConfig, rng: &mut Rng) -> Self {
        MaskedLm::from_parts(Bert::new(config, rng), MaskedLmHead::new(config, rng))
    }
}

impl<T: Float> MaskedLm<T> {
    /// A model of these two.
    ///
    /// # Panics
    /// When the bias of the head is not as long as the encoder's table.
    #[track_caller]
    pub fn from_parts(bert: Bert<T>, head: MaskedLmHead<T>) -> Self {
        let (words, biases) = (bert.tokens.weight.value.dim(0), head.bias.value.size());
        if words != biases {
            fail("MaskedLm", format_args!("{biases} biases for a table of {words} tokens"));
        }
        MaskedLm { bert, head, places: Vec::new() }
    }

    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> MaskedLm<f64> {
        MaskedLm { bert: self.bert.to_f64(), head: self.head.to_f64(), places: Vec::new() }
    }

    // ANCHOR: model
    /// The logits at the places that are asked for, `[places, vocabulary]`.
    ///
    /// # Panics
    /// When a token or place is not there, the sequence is too long, or the mask has another shape than the tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &MaskedTokens) -> Array<T> {
        let Tokens { ids, mask } = &input.tokens;
        let vectors = within("bert", || self.bert.forward(ids, None, &Mask::padding(mask)));
        self.places.push((input.places.clone(), [ids.dim(0), ids.dim(1)]));
        let asked = at_places(vectors, &input.places);
        let table = &self.bert.tokens.weight.value;
        within("head", || self.head.forward(asked, table))
    }

    /// Adds to the gradients of the parameters; `grad` is `[places, vocabulary]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some((places, shape)) = self.places.pop() else {
            fail("MaskedLm::backward", format_args!("no forward call to go back through"))
        };
        let table = &mut self.bert.tokens.weight;
        let grad = within("head", || self.head.backward(grad, table));
        let grad = from_places(&grad, &places, shape);
        within("bert", || self.bert.backward(grad));
    }
    // ANCHOR_END: model

    /// The logits at the places that are asked for, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](MaskedLm::forward).
    #[track_caller]
    pub fn infer(&self, input: &MaskedTokens) -> Array<T> {
        let Tokens { ids, mask } = &input.tokens;
        let vectors = within("bert", || self.bert.infer(ids, None, &Mask::padding(mask)));
        let asked = at_places(vectors, &input.places);
        within("head", || self.head.infer(asked, &self.bert.tokens.weight.value))
    }
}

impl<T: Float> Module<T> for MaskedLm<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("bert", &mut self.bert);
        visitor.child("head", &mut self.head);
    }
}

impl Classifier for MaskedLm {
    type Input = MaskedTokens;

    fn forward(&mut self, input: &MaskedTokens) -> Tensor {
        MaskedLm::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        MaskedLm::backward(self, grad);
    }

    fn infer(&self, input: &MaskedTokens) -> Tensor {
        MaskedLm::infer(self, input)
    }
}
