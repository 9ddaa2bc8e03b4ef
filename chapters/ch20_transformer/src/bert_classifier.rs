//! A BERT that tells classes of texts apart: the encoder, one vector for each text, dropout, a linear layer
//! (`transformers.BertForSequenceClassification`).
//!
//! Shapes: token numbers and mask `[batch, time]`, logits `[batch, classes]`.
//!
//! What is fine-tuned usually comes from elsewhere: a [`MaskedLm`](crate::MaskedLm) trained on texts without labels, or
//! published weights. Only the head begins at random.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch08_initialization::{constant, normal};
use ch12_regularization::Dropout;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch19_attention::Mask;

use crate::{Bert, Pooler, Pooling};

/// A [`Bert`] with a head that gives each text one score per class.
pub struct BertClassifier<T: Float = f32> {
    /// What makes vectors of tokens.
    pub bert: Bert<T>,
    /// How the vectors of a text become one.
    pub pooling: Pooling,
    /// What that vector goes through, if there is one.
    pub pooler: Option<Pooler<T>>,
    /// Before the head.
    pub dropout: Dropout<T>,
    /// From the vector of a text to the logits, `[classes, size]`.
    pub head: Linear<T>,
    /// The masks of forward calls that have not been gone back through.
    masks: Vec<Array<bool>>,
}

impl BertClassifier {
    /// A classifier on this encoder. The head begins with deviation 0.02 and biases 0, so that all classes are about equally
    /// likely.
    ///
    /// # Panics
    /// When `dropout` is no probability.
    #[track_caller]
    pub fn new(
        bert: Bert,
        pooler: Option<Pooler>,
        pooling: Pooling,
        classes: usize,
        dropout: f64,
        rng: &mut Rng,
    ) -> Self {
        let mut head = Linear::new(bert.size(), classes, rng);
        normal(&mut head.weight.value, 0.0, 0.02, rng);
        if let Some(bias) = &mut head.bias {
            constant(&mut bias.value, 0.0);
        }
        BertClassifier { bert, pooling, pooler, dropout: Dropout::new(dropout, rng), head, masks: Vec::new() }
    }
}

impl<T: Float> BertClassifier<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> BertClassifier<f64> {
        BertClassifier {
            bert: self.bert.to_f64(),
            pooling: self.pooling,
            pooler: self.pooler.as_ref().map(Pooler::to_f64),
            dropout: self.dropout.to_f64(),
            head: self.head.to_f64(),
            masks: Vec::new(),
        }
    }

    // ANCHOR: forward
    /// The logits `[batch, classes]`; keeps what [`backward`](BertClassifier::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table, the sequence is too long, or the mask has another shape than the tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &Tokens) -> Array<T> {
        let mask = Mask::padding(&input.mask);
        let vectors = within("bert", || self.bert.forward(&input.ids, None, &mask));
        self.masks.push(input.mask.clone());
        let mut pooled = self.pooling.pool("BertClassifier", &vectors, &input.mask);
        if let Some(pooler) = &mut self.pooler {
            pooled = within("pooler", || pooler.forward(pooled));
        }
        let pooled = self.dropout.forward(pooled);
        within("head", || self.head.forward(pooled))
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, classes]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(mask) = self.masks.pop() else {
            fail("BertClassifier::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(grad));
        let mut grad = self.dropout.backward(grad);
        if let Some(pooler) = &mut self.pooler {
            grad = within("pooler", || pooler.backward(grad));
        }
        let grad = self.pooling.unpool(&grad, &mask);
        within("bert", || self.bert.backward(grad));
    }
    // ANCHOR_END: forward

    /// The logits, for use rather than training: nothing is kept, nothing is random.
    ///
    /// # Panics
    /// As [`forward`](BertClassifier::forward).
    #[track_caller]
    pub fn infer(&self, input: &Tokens) -> Array<T> {
        let mask = Mask::padding(&input.mask);
        let vectors = within("bert", || self.bert.infer(&input.ids, None, &mask));
        let mut pooled = self.pooling.pool("BertClassifier", &vectors, &input.mask);
        if let Some(pooler) = &self.pooler {
            pooled = within("pooler", || pooler.infer(pooled));
        }
        within("head", || self.head.infer(pooled))
    }
}

impl<T: Float> Module<T> for BertClassifier<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("bert", &mut self.bert);
        if let Some(pooler) = &mut self.pooler {
            visitor.child("pooler", pooler);
        }
        visitor.child("dropout", &mut self.dropout);
        visitor.child("head", &mut self.head);
    }
}

impl Classifier for BertClassifier {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        BertClassifier::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        BertClassifier::backward(self, grad);
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        BertClassifier::infer(self, input)
    }
}
