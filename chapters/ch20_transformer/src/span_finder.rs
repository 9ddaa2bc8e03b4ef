//! Where an answer begins and ends in a text (SQuAD; `transformers.BertForQuestionAnswering`).
//!
//! Shapes: token numbers, segments and mask `[batch, time]`, logits `[batch, time, 2]`: how likely each token is the first of the
//! answer, and how likely the last. Both are softmaxes *over the tokens of a text*. So for chapter 4's cross-entropy, time is the
//! axis of classes, and labels `[batch, 2]` hold the places of first and last token: its mean over both is the loss,
//! as in BERT. Padding has a logit of minus infinity: probability 0, gradient 0.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch13_data::Tokens;
use ch19_attention::Mask;

use crate::Bert;

/// A [`Bert`] with a head that gives each token a score for being the first of a span, and one for being the last.
pub struct SpanFinder<T: Float = f32> {
    /// What makes vectors of tokens.
    pub bert: Bert<T>,
    /// From the vector of a token to the two logits, `[2, size]`.
    pub head: Linear<T>,
    /// The masks of forward calls that have not been gone back through.
    masks: Vec<Array<bool>>,
}

impl SpanFinder {
    /// With an untrained head.
    pub fn new(bert: Bert, rng: &mut Rng) -> Self {
        let head = Linear::new(bert.size(), 2, rng);
        SpanFinder { bert, head, masks: Vec::new() }
    }
}

impl<T: Float> SpanFinder<T> {
    /// The same model in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> SpanFinder<f64> {
        SpanFinder { bert: self.bert.to_f64(), head: self.head.to_f64(), masks: Vec::new() }
    }

    // ANCHOR: span
    /// The logits `[batch, time, 2]`; `segments` as in [`Bert::forward`].
    ///
    /// # Panics
    /// As [`Bert::forward`].
    #[track_caller]
    pub fn forward(&mut self, input: &Tokens, segments: Option<&Array<i64>>) -> Array<T> {
        let Tokens { ids, mask } = input;
        let vectors = within("bert", || self.bert.forward(ids, segments, &Mask::padding(mask)));
        self.masks.push(mask.clone());
        hide(within("head", || self.head.forward(vectors)), mask, T::LOWEST)
    }

    /// Adds to the gradients of the parameters; `grad` is `[batch, time, 2]`.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the logits.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) {
        let Some(mask) = self.masks.pop() else {
            fail("SpanFinder::backward", format_args!("no forward call to go back through"))
        };
        let grad = within("head", || self.head.backward(hide(grad, &mask, T::ZERO)));
        within("bert", || self.bert.backward(grad));
    }
    // ANCHOR_END: span

    /// The logits `[batch, time, 2]`, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](SpanFinder::forward).
    #[track_caller]
    pub fn infer(&self, input: &Tokens, segments: Option<&Array<i64>>) -> Array<T> {
        let Tokens { ids, mask } = input;
        let vectors = within("bert", || self.bert.infer(ids, segments, &Mask::padding(mask)));
        hide(within("head", || self.head.infer(vectors)), mask, T::LOWEST)
    }
}

/// Another value at padded places.
fn hide<T: Float>(x: Array<T>, mask: &Array<bool>, value: T) -> Array<T> {
    let padded = Array::from_fn([mask.dim(0), mask.dim(1), 1], |at| !mask[[at[0], at[1]]]);
    x.masked_fill(&padded, value)
}

// ANCHOR: best_span
/// The most likely span of one text: first and last place, with `first <= last < first + longest`. `logits` is `[time, 2]`.
///
/// Both ends are chosen together: the best first and the best last place alone may be in the wrong order.
///
/// # Panics
/// When there is no token, or `longest` is 0.
#[track_caller]
pub fn best_span<T: Float>(logits: &Array<T>, longest: usize) -> (usize, usize) {
    let time = logits.dim(0);
    let spans = (0..time).flat_map(|first| (first..time.min(first + longest)).map(move |last| (first, last)));
    let score = |&(first, last): &(usize, usize)| logits[[first, 0]].to_f64() + logits[[last, 1]].to_f64();
    match spans.max_by(|a, b| score(a).total_cmp(&score(b))) {
        Some(span) => span,
        None => fail("best_span", format_args!("no span of at most {longest} in {time} tokens")),
    }
}
// ANCHOR_END: best_span

impl<T: Float> Module<T> for SpanFinder<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("bert", &mut self.bert);
        visitor.child("head", &mut self.head);
    }
}
