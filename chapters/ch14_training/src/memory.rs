//! The account of a training's memory: what is where, and what it must be.
//!
//! With `P` parameters in 32 bits, a training keeps `4P` bytes of weights, `4P` of gradients, and what the optimizer
//! remembers: nothing for plain SGD, `4P` for momentum, `8P` for Adam. These do not depend on the batch. What grows with
//! it are the activations, kept from the forward pass until the backward pass has used them: a layer with weights needs
//! its input (for `dW = gᵀx`), and so does an activation (for `f'(x)`). What is one layer's output is the next one's input and
//! is there once. So in a chain whose layers have `n_l` outputs a batch of `B` keeps about `4B Σ_l n_l` bytes, and its input.
//!
//! Layers that only give their input another shape make no array. Not counted: masks (dropout, a bit per number),
//! statistics of normalisations, and working memory within a layer.
//!
//! Measured numbers come from the pool of chapter 1, whose blocks are up to a quarter larger than what is asked for.

use ch01_tensors::{Tensor, pool};
use ch05_backprop::{Entry, Layer, Module, Visitor};
use ch07_modules::Sequential;
use ch09_optimizers::Optimizer;

/// Bytes, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryAccount {
    /// Weights.
    pub parameters: usize,
    /// Their gradients.
    pub gradients: usize,
    /// Running statistics and the like.
    pub buffers: usize,
    /// What the optimizer remembers.
    pub optimizer: usize,
    /// What a forward pass keeps for the backward pass, by the rule above.
    pub activations: usize,
}

impl MemoryAccount {
    // ANCHOR: account
    /// Counts what a model and its optimizer hold, and what a batch like `input` will make the model keep.
    ///
    /// # Panics
    /// When the model does not fit the input.
    pub fn of(model: &mut Sequential, optimizer: &mut dyn Optimizer, input: &Tensor) -> Self {
        let mut account = MemoryAccount { activations: kept(model, input), ..MemoryAccount::default() };
        model.visit(&mut Visitor::new(&mut |_, entry| match entry {
            Entry::Param(param) => {
                account.parameters += bytes(&param.value);
                account.gradients += bytes(&param.grad);
            }
            Entry::Buffer(buffer) => account.buffers += bytes(buffer),
            Entry::Stream(_) => (),
        }));
        optimizer.visit_state(model, &mut |_, array| account.optimizer += bytes(array));
        account
    }
    // ANCHOR_END: account

    /// All of it.
    pub fn total(&self) -> usize {
        self.parameters + self.gradients + self.buffers + self.optimizer + self.activations
    }
}

fn bytes(array: &Tensor) -> usize {
    size_of::<f32>() * array.size()
}

/// The input, and the output of each layer that makes an array of its own.
fn kept(model: &Sequential, input: &Tensor) -> usize {
    let mut x = input.clone().contiguous();
    let mut sum = bytes(&x);
    for layer in model.layers() {
        // The input is still in use here, so nothing can be written in place, as in training.
        let y = layer.infer(x.clone()).contiguous();
        if y.data().as_ptr() != x.data().as_ptr() {
            sum += bytes(&y);
        }
        x = y;
    }
    sum
}

/// How many bytes of arrays a forward pass leaves behind until its backward pass, the logits included and the input, which
/// was there before, not. The model is as it was, but for running statistics and random streams.
///
/// The pool is the process's: nothing else may make arrays meanwhile.
pub fn measured_activations(model: &mut dyn Layer, input: &Tensor) -> usize {
    let before = pool::stats().live_bytes;
    let logits = model.forward(input.clone());
    let after = pool::stats().live_bytes;
    model.backward(logits.zeros_like());
    after.saturating_sub(before)
}
