//! A class for every token (names in a text, kinds of words; `transformers.BertForTokenClassification`).
//!
//! Shapes: token numbers and mask `[batch, time]`, logits `[real tokens, classes]`: the real tokens of the first text, then those of
//! the second, and so on; padding has no logits. The loss is the cross-entropy over all real tokens of the batch, as
//! with labels of -100 at padding in PyTorch. Words of several parts are usually labelled at their first part only.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch12_regularization::Dropout;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch19_attention::Mask;

use crate::Bert;
use crate::pooling::{at_places, from_places, real_places};

/// A [`Bert`] with a head that gives each token one score per class.
pub struct TokenTagger<T: Float = f32> {
    /// What makes vectors of tokens.
    pub bert: Bert<T>,
    /// Before the head.
    pub dropout: Dropout<T>,
    /// From the vector of a token to the logits, `[classes, size]`.
    pub head: Linear<T>,
    /// The places of forward calls that have not been gone back through, and the shapes of their texts.
    places: Vec<(Array<i64>, [usize; 2])>,
}

impl TokenTagger {
    /// A tagger on this encoder, with an untrained head.
    ///
    /// # Panics
    /// When `dropout` is no probability.
    #[track_caller]
    pub fn new(bert: Bert, classes: usize, dropout: f64, rng: &mut Rng) -> Self {
        let head = Linear::new(bert.size(), classes, rng);
        TokenTagger { bert, dropout: Dropout::new(dropout, rng), head, places: Vec::new() }
    }
}

impl<T: Float> TokenTagger<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> TokenTagger<f64> {
        let (bert, dropout) = (self.bert.to_f64(), self.dropout.to_f64());
        TokenTagger { bert, dropout, head: self.head.to_f64(), places: Vec::new() }
    }

    // ANCHOR: tagger
    /// The logits of all real tokens, `[real tokens, classes]`.
    ///
    /// # Panics
    /// When a token is not in the table, the sequence is too long, or the mask has another shape than the tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &Tokens) -> Array<T> {
        let Tokens { ids, mask } = input;
        let vectors = within("bert", || self.bert.forward(ids, None, &Mask::padding(mask)));
        let places = real_places(mask);
        let vectors = self.dropout.forward(at_places(vectors, &places));
        self.places.push((places, [ids.dim(0), ids.dim(1)]));
        within("head", || self.head.forward(vectors))
    }

    /// Adds to the gradients of the parameters; `grad` is `[real tokens, classes]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some((places, shape)) = self.places.pop() else {
            fail("TokenTagger::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(grad));
        let grad = from_places(&self.dropout.backward(grad), &places, shape);
        within("bert", || self.bert.backward(grad));
    }
    // ANCHOR_END: tagger

    /// The logits of all real tokens, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](TokenTagger::forward).
    #[track_caller]
    pub fn infer(&self, input: &Tokens) -> Array<T> {
        let Tokens { ids, mask } = input;
        let vectors = within("bert", || self.bert.infer(ids, None, &Mask::padding(mask)));
        within("head", || self.head.infer(at_places(vectors, &real_places(mask))))
    }
}

impl<T: Float> Module<T> for TokenTagger<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("bert", &mut self.bert);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("head", &mut self.head);
    }
}

impl Classifier for TokenTagger {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        TokenTagger::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        TokenTagger::backward(self, grad);
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        TokenTagger::infer(self, input)
    }
}
