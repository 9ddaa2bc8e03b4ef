//! Batches of similar length.
//!
//! A batch of texts is as wide as its longest text, and the rest of every row is filler that is computed with all the
//! same. If lengths are similar within a batch there is little filler. But sorting all examples by length would give the
//! same batches every epoch, long ones last; so only the examples of a *pool* of several batches are sorted, after all
//! examples were shuffled, and then the batches are shuffled too.

use ch01_tensors::Rng;

// ANCHOR: bucket_batches
/// Cuts `order` into pools of `pool` batches, sorts each pool by `size_of` (equal sizes keep their order), cuts it into
/// batches of `batch_size`, the last of all perhaps smaller, and puts the batches into a random order if there is an
/// `rng`.
///
/// # Panics
/// When `batch_size` or `pool` is 0.
#[track_caller]
pub fn bucket_batches(
    order: &[usize],
    size_of: impl Fn(usize) -> usize,
    batch_size: usize,
    pool: usize,
    rng: Option<&mut Rng>,
) -> Vec<Vec<usize>> {
    assert!(batch_size > 0 && pool > 0, "bucket_batches: batches of {batch_size}, {pool} in a pool");
    // exercise: bucket_batches - `chunks` cuts a slice; `sort_by_key` is stable. Shuffle the batches with
    // `rng.shuffle(&mut batches)`, not the examples: each batch stays as it is.
    let mut batches = Vec::new();
    for examples in order.chunks(batch_size.saturating_mul(pool)) {
        let mut examples = examples.to_vec();
        examples.sort_by_key(|&example| size_of(example));
        batches.extend(examples.chunks(batch_size).map(<[usize]>::to_vec));
    }
    if let Some(rng) = rng {
        rng.shuffle(&mut batches);
    }
    batches
    // exercise: end
}
// ANCHOR_END: bucket_batches
