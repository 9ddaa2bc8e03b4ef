//! Classes of texts by an LSTM in both directions: embedding, LSTM, mean over the real tokens, a linear layer.
//!
//! Shapes: token numbers and mask `[batch, time]`, logits `[batch, classes]`.
//!
//! Padding is left out at once: everything between the tokens and the mean is packed. Dropout can be put on the vectors of
//! tokens and on the mean.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch12_regularization::Dropout;
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch17_embeddings::Embedding;

use crate::{Lstm, Packing, RecurrentConfig, packed_mean, packed_mean_backward};

/// The sizes of an [`LstmClassifier`]. The defaults are those of the speed comparison with PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct LstmClassifierConfig {
    /// Rows of the table of token vectors.
    pub vocabulary: usize,
    /// Numbers of a token vector.
    pub embedding: usize,
    /// The standard deviation of the first token vectors; PyTorch's is 1.
    pub embedding_std: f64,
    /// Numbers of a state, in each direction.
    pub hidden: usize,
    /// Layers of the LSTM.
    pub layers: usize,
    /// Classes to tell apart.
    pub classes: usize,
    /// The probability that a number of a token vector is dropped.
    pub embedding_dropout: f64,
    /// The same for the mean before the head, and between layers.
    pub dropout: f64,
}

impl Default for LstmClassifierConfig {
    fn default() -> Self {
        LstmClassifierConfig {
            vocabulary: 20_000,
            embedding: 128,
            embedding_std: 1.0,
            hidden: 128,
            layers: 1,
            classes: 2,
            embedding_dropout: 0.0,
            dropout: 0.0,
        }
    }
}

/// Embedding, LSTM in both directions, mean, head.
pub struct LstmClassifier<T: Float = f32> {
    /// A vector for each token.
    pub embedding: Embedding<T>,
    /// On the vectors of tokens.
    pub embedding_dropout: Dropout<T>,
    /// Reads the text both ways.
    pub lstm: Lstm<T>,
    /// On the mean.
    pub dropout: Dropout<T>,
    /// From the mean to the logits, `[classes, 2 * hidden]`.
    pub head: Linear<T>,
    /// Of forward calls that have not been gone back through.
    packings: Vec<Packing>,
}

impl LstmClassifier {
    /// A classifier with PyTorch's first weights, and a forget bias of 1 in the LSTM.
    ///
    /// # Panics
    /// When a size is 0, or a dropout is no probability.
    #[track_caller]
    pub fn new(config: &LstmClassifierConfig, rng: &mut Rng) -> Self {
        let LstmClassifierConfig { vocabulary, embedding: size, hidden, layers, dropout, .. } = *config;
        let table = Tensor::normal([vocabulary, size], 0.0, config.embedding_std, rng);
        let recurrent =
            RecurrentConfig { layers, dropout, bidirectional: true, ..RecurrentConfig::new(size, hidden) };
        let mut lstm = Lstm::new(&recurrent, rng);
        lstm.set_forget_bias(1.0);
        LstmClassifier {
            embedding: Embedding::from_parts(table, None),
            embedding_dropout: Dropout::new(config.embedding_dropout, rng),
            lstm,
            dropout: Dropout::new(dropout, rng),
            head: Linear::new(2 * hidden, config.classes, rng),
            packings: Vec::new(),
        }
    }
}

impl<T: Float> LstmClassifier<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> LstmClassifier<f64> {
        LstmClassifier {
            embedding: self.embedding.to_f64(),
            embedding_dropout: self.embedding_dropout.to_f64(),
            lstm: self.lstm.to_f64(),
            dropout: self.dropout.to_f64(),
            head: self.head.to_f64(),
            packings: Vec::new(),
        }
    }

    // ANCHOR: forward
    /// The logits `[batch, classes]`; keeps what [`backward`](LstmClassifier::backward) needs.
    ///
    /// # Panics
    /// When a token is not in the table, or the mask has another shape than the tokens.
    #[track_caller]
    pub fn forward(&mut self, input: &Tokens) -> Array<T> {
        let packing = Packing::from_mask(&input.mask);
        let vectors = within("embedding", || self.embedding.forward(&packing.pack(&input.ids)));
        let vectors = dropped(&mut self.embedding_dropout, vectors, true);
        let (y, _) = within("lstm", || self.lstm.forward_packed(vectors, &packing, None));
        let mean = dropped(&mut self.dropout, packed_mean(&y, &packing), true);
        self.packings.push(packing);
        within("head", || self.head.forward(mean))
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, classes]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(packing) = self.packings.pop() else {
            fail("LstmClassifier::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(grad));
        let grad = packed_mean_backward(&dropped(&mut self.dropout, grad, false), &packing);
        let (grad, _) = within("lstm", || self.lstm.backward_packed(grad, None));
        let grad = dropped(&mut self.embedding_dropout, grad, false);
        within("embedding", || self.embedding.backward(grad));
    }
    // ANCHOR_END: forward

    /// The logits, for use rather than training: nothing is kept, nothing is random.
    ///
    /// # Panics
    /// As [`forward`](LstmClassifier::forward).
    #[track_caller]
    pub fn infer(&self, input: &Tokens) -> Array<T> {
        let packing = Packing::from_mask(&input.mask);
        let vectors = within("embedding", || self.embedding.infer(&packing.pack(&input.ids)));
        let (y, _) = within("lstm", || self.lstm.infer_packed(vectors, &packing, None));
        within("head", || self.head.infer(packed_mean(&y, &packing)))
    }
}

/// Through a dropout, forward or backward; past it, if it drops nothing: drawing a mask takes time.
fn dropped<T: Float>(dropout: &mut Dropout<T>, x: Array<T>, forward: bool) -> Array<T> {
    match forward {
        _ if dropout.p() == 0.0 => x,
        true => dropout.forward(x),
        false => dropout.backward(x),
    }
}

impl<T: Float> Module<T> for LstmClassifier<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("embedding_dropout", &mut self.embedding_dropout);
        visitor.child("lstm", &mut self.lstm);
        visitor.child("dropout", &mut self.dropout);
        visitor.child("head", &mut self.head);
    }
}

// ANCHOR: classifier
impl Classifier for LstmClassifier {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        LstmClassifier::forward(self, input)
    }

    fn backward(&mut self, grad: Tensor) {
        LstmClassifier::backward(self, grad);
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        LstmClassifier::infer(self, input)
    }
}
// ANCHOR_END: classifier
