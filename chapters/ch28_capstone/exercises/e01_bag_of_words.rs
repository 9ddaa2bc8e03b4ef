//! Logistic regression on which words occur in a text: what a network that reads has to beat.
//!
//! `logits = b + Σ_w W[w]` over the distinct words `w` of the text: the order of the words and how often they occur count
//! for nothing. `W` is an embedding table (chapter 17) with one number per class for each word. Padding, whose row is
//! zero, stands in for a word that was seen before in the text; so the sum over the text is the sum over its words.

use std::collections::HashSet;

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor};
use ch13_data::{PAD, Tokens};
use ch14_training::Classifier;
use ch17_embeddings::Embedding;

/// A weight for each word and class, and a bias for each class.
pub struct BagOfWords {
    /// The table, `[vocabulary, classes]`.
    pub weights: Embedding,
    /// `[classes]`.
    pub bias: Param,
    /// The tokens in each text of forward calls that have not been gone back through.
    lengths: Vec<usize>,
}

impl BagOfWords {
    /// All weights begin at zero: the loss has one minimum, and there is no symmetry to break.
    pub fn new(vocabulary: usize, classes: usize) -> Self {
        let mut weights = Embedding::new(vocabulary, classes, Some(PAD as usize), &mut Rng::new(0, "init"));
        weights.weight.value = Tensor::zeros([vocabulary, classes]);
        BagOfWords { weights, bias: Param::new(Tensor::zeros([classes]), Role::Bias), lengths: Vec::new() }
    }
}

impl Classifier for BagOfWords {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        self.lengths.push(input.ids.dim(1));
        // Yours: The rows of the distinct tokens, summed over the text (axis 1), and the bias.
        todo!()
    }

    fn backward(&mut self, grad: Tensor) {
        let time = self.lengths.pop().expect("a forward call to go back through");
        let [batch, classes] = [grad.dim(0), grad.dim(1)];
        // Yours: `grad` is [batch, classes]. Add to the gradient of the bias; then every word of a text gets
        // the gradient of its text's sum: [batch, time, classes] for the table's backward.
        todo!()
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        self.weights.infer(&distinct(&input.ids)).sum(1, false) + &self.bias.value
    }
}

impl Module for BagOfWords {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("weights", &mut self.weights);
        visitor.param("bias", &mut self.bias);
    }
}

/// The same token numbers, `[batch, time]`, with padding in place of those that occurred before in their row.
pub fn distinct(ids: &Array<i64>) -> Array<i64> {
    let mut ids = ids.copy();
    let time = ids.dim(1).max(1);
    let mut seen: HashSet<i64> = HashSet::new();
    for row in ids.data_mut().chunks_mut(time) {
        // Yours: `seen` is for the tokens of this row. A token that was seen before becomes `PAD`.
        todo!()
    }
    ids
}
