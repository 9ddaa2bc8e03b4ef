//! What a trainer needs of a model: an input becomes one row of logits per example.
//!
//! Every layer from arrays to arrays is a classifier. A model with another input, such as token numbers with a mask,
//! implements the trait itself; the trainer never looks into the input, it only hands it on from the data.

use ch01_tensors::Tensor;
use ch05_backprop::{Layer, Module};

// ANCHOR: classifier
/// A model that gives each example of a batch one score per class.
///
/// Implemented for every [`Layer`] in f32; other models implement it with an input of their own. A model may also answer
/// several questions per example, or none (a language model: one for each word that is asked for), as long as the batch has a
/// label for each row of logits.
pub trait Classifier: Module + 'static {
    /// What a batch of examples looks like: an array, token numbers with a mask, ….
    type Input: Send + 'static;

    /// The logits `[batch, classes]`, for training: keeps what [`backward`](Classifier::backward) needs.
    fn forward(&mut self, input: &Self::Input) -> Tensor;

    /// Adds to the gradients of the parameters; `grad` is the gradient of the loss with respect to the logits.
    fn backward(&mut self, grad: Tensor);

    /// The logits `[batch, classes]`, for use: nothing is kept, nothing is random.
    fn infer(&self, input: &Self::Input) -> Tensor;
}

impl<L: Layer<f32> + 'static> Classifier for L {
    type Input = Tensor;

    fn forward(&mut self, input: &Tensor) -> Tensor {
        Layer::forward(self, input.clone())
    }

    fn backward(&mut self, grad: Tensor) {
        Layer::backward_params(self, grad);
    }

    fn infer(&self, input: &Tensor) -> Tensor {
        Layer::infer(self, input.clone())
    }
}
// ANCHOR_END: classifier
