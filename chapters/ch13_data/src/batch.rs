//! What a data set is to those who train: examples by number, handed out in batches.

use std::sync::Arc;

use ch01_tensors::{Array, Rng};

// ANCHOR: batch
/// Some examples, ready to be computed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<I> {
    /// What the network sees: a `Tensor` of images, or [`Tokens`].
    pub input: I,
    /// The class of each example, `[batch]`; or, where an example is a row of tokens and each has a class, `[batch * time]`.
    pub labels: Array<i64>,
}

/// Texts as numbers, in rows of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    /// Token numbers, `[batch, time]`.
    pub ids: Array<i64>,
    /// Whether a place holds a real token (`true`) or fills the row (`false`), `[batch, time]`.
    pub mask: Array<bool>,
}
// ANCHOR_END: batch

// ANCHOR: dataset
/// Examples by number (`torch.utils.data.Dataset`, with its collate function).
pub trait Dataset: Send + Sync + 'static {
    /// What the network sees of a batch.
    type Input: Send + 'static;

    /// The number of examples.
    fn len(&self) -> usize;

    /// Whether there are no examples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples with these numbers, in this order, as one batch. All randomness (augmentation) comes from `rng`, so
    /// that the same numbers and the same `rng` give the same batch on any thread.
    ///
    /// # Panics
    /// When there is no example with such a number.
    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Self::Input>;

    /// The same in a certain epoch, for data that change from epoch to epoch by a rule; this is what loaders call. Most do
    /// not, and need nothing but [`batch`](Dataset::batch).
    ///
    /// # Panics
    /// As [`batch`](Dataset::batch).
    fn batch_of(&self, epoch: u64, indices: &[usize], rng: &mut Rng) -> Batch<Self::Input> {
        let _ = epoch;
        self.batch(indices, rng)
    }

    /// How long an example is, for batches of similar length.
    fn size_hint_of(&self, index: usize) -> usize {
        let _ = index;
        1
    }
}
// ANCHOR_END: dataset

/// Some of the examples of a data set, numbered anew (`torch.utils.data.Subset`).
pub struct Subset<D> {
    data: Arc<D>,
    indices: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    /// Example `i` is number `indices[i]` of `data`.
    ///
    /// # Panics
    /// When there is no example with one of these numbers.
    #[track_caller]
    pub fn new(data: Arc<D>, indices: Vec<usize>) -> Self {
        let length = data.len();
        if let Some(index) = indices.iter().find(|&&index| index >= length) {
            ch01_tensors::fail("Subset", format_args!("there is no example {index} of {length}"));
        }
        Subset { data, indices }
    }

    /// The numbers of the examples in the whole data set.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Input = D::Input;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<D::Input> {
        let indices: Vec<usize> = indices.iter().map(|&i| self.indices[i]).collect();
        self.data.batch(&indices, rng)
    }

    fn batch_of(&self, epoch: u64, indices: &[usize], rng: &mut Rng) -> Batch<D::Input> {
        let indices: Vec<usize> = indices.iter().map(|&i| self.indices[i]).collect();
        self.data.batch_of(epoch, &indices, rng)
    }

    fn size_hint_of(&self, index: usize) -> usize {
        self.data.size_hint_of(self.indices[index])
    }
}
