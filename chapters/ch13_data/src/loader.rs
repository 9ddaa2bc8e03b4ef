//! The loader: an endless supply of epochs, each the same batches whenever it is asked for (`torch.utils.data.DataLoader`).
//!
//! The order of an epoch and the random numbers of each batch depend on the seed, the epoch and the batch's number alone.
//! Two things follow: any number of workers makes the same batches, and training can go on in the middle of an epoch.

use std::sync::Arc;

use ch01_tensors::fail;

use crate::order::Plan;
use crate::{Dataset, Epoch};

/// Hands out the examples of a data set in batches.
pub struct Loader<D: Dataset> {
    data: Arc<D>,
    plan: Plan,
    workers: usize,
    prefetch: usize,
}

impl<D: Dataset> Loader<D> {
    /// Batches of `batch_size`, in the order of the data set, made when they are asked for.
    ///
    /// # Panics
    /// When `batch_size` is 0.
    #[track_caller]
    pub fn new(data: Arc<D>, batch_size: usize) -> Self {
        if batch_size == 0 {
            fail("Loader", format_args!("a batch needs at least one example"));
        }
        let plan = Plan { batch_size, seed: 0, shuffle: false, drop_last: false, pool: 1 };
        Loader { data, plan, workers: 0, prefetch: 4 }
    }

    /// Where all randomness comes from; 0 unless said otherwise.
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// Whether each epoch has a random order of its own.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.plan.shuffle = shuffle;
        self
    }

    /// Whether examples that do not fill a batch are left out of the epoch.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.plan.drop_last = drop_last;
        self
    }

    /// Puts examples of similar length into one batch: `pool` batches at a time are sorted by length and cut anew. 1 does
    /// nothing. See [`bucket_batches`](crate::bucket_batches).
    pub fn buckets(mut self, pool: usize) -> Self {
        self.plan.pool = pool.max(1);
        self
    }

    /// How many threads make batches in the background; with none, each batch is made when it is asked for.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// How many batches may be ready or in the making before they are asked for; 4 unless said otherwise.
    pub fn prefetch(mut self, prefetch: usize) -> Self {
        self.prefetch = prefetch.max(1);
        self
    }

    /// The data set.
    pub fn data(&self) -> &Arc<D> {
        &self.data
    }

    /// The number of examples in a full batch.
    pub fn batch_size(&self) -> usize {
        self.plan.batch_size
    }

    /// The number of batches per epoch.
    pub fn batches(&self) -> usize {
        self.plan.batches(self.data.len())
    }

    /// The numbers of the examples of each batch of an epoch.
    pub fn order(&self, epoch: u64) -> Vec<Vec<usize>> {
        self.plan.order(self.data.len(), |index| self.data.size_hint_of(index), epoch)
    }

    /// The batches of an epoch, beginning with number `from_batch`.
    ///
    /// # Panics
    /// When the epoch has fewer batches. The iterator panics when a batch cannot be made, with the message of the panic
    /// that occurred in making it.
    #[track_caller]
    pub fn epoch(&self, epoch: u64, from_batch: usize) -> Epoch<D> {
        let order = self.order(epoch);
        if from_batch > order.len() {
            let rule = format_args!("there is no batch {from_batch} in an epoch of {}", order.len());
            fail("Loader::epoch", rule);
        }
        Epoch::start(&self.data, &self.plan, order, epoch, from_batch, [self.workers, self.prefetch])
    }
}
