//! Which examples make up which batch of which epoch: a function of the seed and the epoch, and of nothing else.

use ch01_tensors::{Position, Rng};

use crate::bucket_batches;

/// How an epoch is put in order.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub batch_size: usize,
    pub seed: u64,
    pub shuffle: bool,
    pub drop_last: bool,
    /// How many batches are sorted by length together; 1 is no sorting.
    pub pool: usize,
}

impl Plan {
    // ANCHOR: order
    /// The examples of each batch of an epoch.
    pub fn order(&self, length: usize, size_of: impl Fn(usize) -> usize, epoch: u64) -> Vec<Vec<usize>> {
        let mut rng = place(self.seed, "shuffle", epoch, 0);
        let mut order: Vec<usize> = (0..length).collect();
        if self.shuffle {
            rng.shuffle(&mut order);
        }
        if self.drop_last {
            // Before anything is sorted, so that it is a random few that are left out, not the longest.
            order.truncate(length / self.batch_size * self.batch_size);
        }
        if self.pool > 1 {
            return bucket_batches(
                &order,
                size_of,
                self.batch_size,
                self.pool,
                self.shuffle.then_some(&mut rng),
            );
        }
        order.chunks(self.batch_size).map(<[usize]>::to_vec).collect()
    }
    // ANCHOR_END: order

    /// How many batches an epoch has.
    pub fn batches(&self, length: usize) -> usize {
        if self.drop_last { length / self.batch_size } else { length.div_ceil(self.batch_size) }
    }

    /// Where the random numbers of a batch come from.
    pub fn rng(&self, epoch: u64, batch: usize) -> Rng {
        place(self.seed, "augment", epoch, batch)
    }
}

// ANCHOR: place
/// A stream of random numbers of its own for every batch of every epoch: a counter-based generator can start anywhere, so
/// each gets a stretch of 2^28 words of one long stream. 2^20 batches and 2^20 epochs fit before places repeat.
fn place(seed: u64, name: &str, epoch: u64, batch: usize) -> Rng {
    let mut rng = Rng::new(seed, name);
    let number = (u128::from(epoch) % (1 << 20)) * (1 << 20) + batch as u128 % (1 << 20);
    rng.seek(Position { words: number << 28, spare: None });
    rng
}
// ANCHOR_END: place
