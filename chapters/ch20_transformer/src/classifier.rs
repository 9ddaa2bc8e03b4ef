//! An encoder that tells classes of texts apart: encoder, one vector for the whole sequence, a linear layer.
//!
//! Shapes: token numbers and mask `[batch, time]`, logits `[batch, classes]`.
//!
//! The vector of the sequence is the mean over its real tokens, or that of the first token ([`Pooling`]).

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch08_initialization::init_gpt;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch19_attention::Mask;

use crate::{Encoder, EncoderConfig, Pooling};

/// An [`Encoder`] with a head that gives each sequence one score per class.
pub struct EncoderClassifier<T: Float = f32> {
    /// What makes vectors of tokens.
    pub encoder: Encoder<T>,
    /// From the vector of a sequence to the logits, `[classes, size]`.
    pub head: Linear<T>,
    /// How the vectors of a sequence become one.
    pub pooling: Pooling,
    /// The masks of forward calls that have not been gone back through.
    masks: Vec<Array<bool>>,
}

impl EncoderClassifier {
    /// A classifier of these sizes, with first weights as in GPT-2: normal, smaller at the end of residual branches
    /// (chapter 8).
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &EncoderConfig, rng: &mut Rng) -> Self {
        let encoder = Encoder::new(config, rng);
        let head = Linear::new(config.size, config.classes, rng);
        let mut model = EncoderClassifier { encoder, head, pooling: config.pooling, masks: Vec::new() };
        init_gpt(&mut model, config.layers, config.init_std, rng);
        model
    }
}

impl<T: Float> EncoderClassifier<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> EncoderClassifier<f64> {
        let (encoder, head) = (self.encoder.to_f64(), self.head.to_f64());
        EncoderClassifier { encoder, head, pooling: self.pooling, masks: Vec::new() }
    }

    // ANCHOR: forward
    /// The logits `[batch, classes]`; keeps what [`backward`](EncoderClassifier::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table, the sequence is too long, or the mask has another shape than the tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &Tokens) -> Array<T> {
        let mask = Mask::padding(&input.mask);
        let vectors = within("encoder", || self.encoder.forward(&input.ids, &mask));
        self.masks.push(input.mask.clone());
        let pooled = self.pooling.pool("EncoderClassifier", &vectors, &input.mask);
        within("head", || self.head.forward(pooled))
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, classes]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(mask) = self.masks.pop() else {
            fail("EncoderClassifier::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(grad));
        let grad = self.pooling.unpool(&grad, &mask);
        within("encoder", || self.encoder.backward(grad));
    }
    // ANCHOR_END: forward

    /// The logits, for use rather than training: nothing is kept, nothing is random.
    ///
    /// # Panics
    /// As [`forward`](EncoderClassifier::forward).
    #[track_caller]
    pub fn infer(&self, input: &Tokens) -> Array<T> {
        let mask = Mask::padding(&input.mask);
        let vectors = within("encoder", || self.encoder.infer(&input.ids, &mask));
        let pooled = self.pooling.pool("EncoderClassifier", &vectors, &input.mask);
        within("head", || self.head.infer(pooled))
    }
}

impl<T: Float> Module<T> for EncoderClassifier<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("encoder", &mut self.encoder);
        visitor.child("head", &mut self.head);
    }
}

// ANCHOR: classifier
impl Classifier for EncoderClassifier {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        EncoderClassifier::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        EncoderClassifier::backward(self, grad);
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        EncoderClassifier::infer(self, input)
    }
}
// ANCHOR_END: classifier
