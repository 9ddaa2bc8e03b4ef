//! The loader: the same batches whoever makes them, each example once, nothing left behind.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Weak};
use std::time::Duration;

use ch01_tensors::{Array, Rng};
use ch13_data::{Batch, Dataset, Loader, Subset, bucket_batches};
use proptest::prelude::*;

/// Example `i` has length `lengths[i]`; its batch holds the indices and one random number for each.
struct Numbers {
    lengths: Vec<usize>,
    /// How many batches are being made or have been.
    made: AtomicUsize,
    /// Making a batch with this example fails.
    bad: Option<usize>,
}

impl Numbers {
    fn new(n: usize) -> Arc<Self> {
        Self::with(n, None)
    }

    fn with(n: usize, bad: Option<usize>) -> Arc<Self> {
        let mut rng = Rng::new(5, "lengths");
        let lengths = (0..n).map(|_| 1 + rng.below(400)).collect();
        Arc::new(Numbers { lengths, made: AtomicUsize::new(0), bad })
    }
}

impl Dataset for Numbers {
    type Input = Vec<(usize, u64)>;

    fn len(&self) -> usize {
        self.lengths.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Self::Input> {
        self.made.fetch_add(1, SeqCst);
        if self.bad.is_some_and(|bad| indices.contains(&bad)) {
            panic!("example {} is damaged", self.bad.unwrap());
        }
        // Some batches take longer than others, so that workers overtake each other.
        std::thread::sleep(Duration::from_micros(100 * (indices[0] as u64 % 4)));
        let input = indices.iter().map(|&i| (i, rng.bits())).collect();
        Batch { input, labels: Array::from_fn([indices.len()], |i| indices[i[0]] as i64) }
    }

    fn size_hint_of(&self, index: usize) -> usize {
        self.lengths[index]
    }
}

fn loader(data: &Arc<Numbers>, workers: usize) -> Loader<Numbers> {
    Loader::new(data.clone(), 8).seed(3).shuffle(true).buckets(4).workers(workers)
}

#[test]
fn any_number_of_workers_makes_the_same_batches() {
    let data = Numbers::new(203);
    for epoch in [0, 1, 7] {
        let want: Vec<_> = loader(&data, 0).epoch(epoch, 0).collect();
        for workers in [1, 2, 4, 40] {
            for prefetch in [1, 3, 100] {
                let batches: Vec<_> = loader(&data, workers).prefetch(prefetch).epoch(epoch, 0).collect();
                assert!(batches == want, "{workers} workers, {prefetch} ahead, epoch {epoch}");
            }
        }
    }
    // Equal numbers in two batches or two epochs would mean equal seeds: no random number comes twice.
    let epochs = (0..4).flat_map(|epoch| loader(&data, 2).epoch(epoch, 0)).flat_map(|batch| batch.input);
    let drawn: HashSet<u64> = epochs.map(|(_, bits)| bits).collect();
    assert_eq!(drawn.len(), 4 * 203);
}

/// The trap, as it is met in other loaders: every worker process begins with a copy of one generator, and batch `b` is made by
/// worker `b % workers`. All workers then draw the same numbers.
fn equal_worker_seeds(batches: usize, per_batch: usize, workers: usize) -> Vec<u64> {
    let mut generators = vec![Rng::new(3, "augment"); workers];
    let batch = |b: usize| {
        let rng = &mut generators[b % workers];
        (0..per_batch).map(|_| rng.bits()).collect::<Vec<_>>()
    };
    (0..batches).flat_map(batch).collect()
}

#[test]
fn equal_worker_seeds_repeat_numbers_and_ours_do_not() {
    let distinct = |numbers: Vec<u64>| numbers.into_iter().collect::<HashSet<_>>().len();
    let data = Numbers::new(256);
    for workers in [1, 2, 4] {
        assert_eq!(distinct(equal_worker_seeds(32, 8, workers)), 256 / workers, "one of {workers} is new");
        let ours = loader(&data, workers).epoch(0, 0).flat_map(|batch| batch.input).map(|(_, bits)| bits);
        assert_eq!(distinct(ours.collect()), 256);
    }
}

#[test]
fn an_epoch_can_be_resumed_at_any_batch() {
    let data = Numbers::new(90);
    let whole: Vec<_> = loader(&data, 0).epoch(2, 0).collect();
    assert_eq!(whole.len(), 12);
    for from in 0..=12 {
        for workers in [0, 3] {
            let rest = loader(&data, workers).epoch(2, from);
            assert_eq!(rest.len(), 12 - from);
            assert!(rest.eq(whole[from..].iter().cloned()), "from {from} with {workers} workers");
        }
    }
}

#[test]
#[should_panic(expected = "Loader::epoch: there is no batch 13 in an epoch of 12")]
fn an_epoch_cannot_begin_behind_its_end() {
    loader(&Numbers::new(90), 0).epoch(0, 13);
}

#[test]
fn a_panic_in_a_worker_reaches_the_consumer() {
    for workers in [0, 1, 3] {
        let data = Numbers::with(64, Some(20));
        let mut epoch = Loader::new(data, 8).workers(workers).epoch(0, 0);
        for _ in 0..2 {
            epoch.next().expect("the first two batches are sound");
        }
        let panic = catch_unwind(AssertUnwindSafe(|| epoch.next())).expect_err("the third is not");
        let message = panic.downcast_ref::<String>().expect("a text");
        assert!(message.contains("example 20 is damaged"), "{message}");
        if workers > 0 {
            assert!(message.contains("batch 2 of epoch 0"), "{message}");
            assert!(epoch.next().is_none(), "nothing comes after it");
        }
    }
}

#[test]
fn dropping_an_epoch_early_leaves_no_thread() {
    let data = Numbers::new(1000);
    let watched: Weak<Numbers> = Arc::downgrade(&data);
    let mut epoch = Loader::new(data, 2).workers(4).prefetch(6).epoch(0, 0);
    epoch.next();
    drop(epoch);
    // Every worker holds the data set: it would still be alive if a worker was.
    assert!(watched.upgrade().is_none());
}

#[test]
fn the_queue_is_bounded() {
    let data = Numbers::new(1000);
    let mut epoch = Loader::new(data.clone(), 2).workers(3).prefetch(5).epoch(0, 0);
    for taken in 1..=20 {
        epoch.next();
        // Give the workers time to run ahead, if they would.
        std::thread::sleep(Duration::from_millis(5));
        let made = data.made.load(SeqCst);
        assert!(made <= taken + 5, "{made} batches begun after {taken} were taken");
    }
}

/// Every batch waits until two are being made at the same time.
struct Meeting(Barrier);

impl Dataset for Meeting {
    type Input = ();
    fn len(&self) -> usize {
        6
    }
    fn batch(&self, indices: &[usize], _: &mut Rng) -> Batch<()> {
        self.0.wait();
        Batch { input: (), labels: Array::zeros([indices.len()]) }
    }
}

#[test]
fn workers_work_side_by_side() {
    // One after the other, the first batch would wait for ever.
    let data = Arc::new(Meeting(Barrier::new(2)));
    assert_eq!(Loader::new(data, 1).workers(2).epoch(0, 0).count(), 6);
}

#[test]
fn buckets_keep_lengths_close_and_change_every_epoch() {
    let data = Numbers::new(512);
    let filler = |order: &[Vec<usize>]| {
        let width = |batch: &Vec<usize>| batch.iter().map(|&i| data.lengths[i]).max().unwrap() * batch.len();
        let real: usize = data.lengths.iter().sum();
        1.0 - real as f64 / order.iter().map(width).sum::<usize>() as f64
    };
    let plain = Loader::new(data.clone(), 16).shuffle(true);
    let buckets = Loader::new(data.clone(), 16).shuffle(true).buckets(16);
    for epoch in 0..5 {
        // Lengths are even in 1..=400: the longest of 16 is near 376, the mean 200. A pool of 16 batches has 256
        // lengths, so within a batch they differ by about 400 / 16 = 25, and the filler is about 12 of 212.
        assert!(filler(&plain.order(epoch)) > 0.4);
        assert!(filler(&buckets.order(epoch)) < 0.12, "{}", filler(&buckets.order(epoch)));
    }
    assert_ne!(buckets.order(0), buckets.order(1));
    let sets = |order: Vec<Vec<usize>>| {
        order
            .into_iter()
            .map(|mut b| {
                b.sort();
                b
            })
            .collect::<HashSet<_>>()
    };
    assert!(sets(buckets.order(0)).is_disjoint(&sets(buckets.order(1))), "the same examples meet again");
}

#[test]
fn without_shuffling_the_order_is_that_of_the_data() {
    let data = Numbers::new(5);
    let order = Loader::new(data.clone(), 2).order(3);
    assert_eq!(order, [vec![0, 1], vec![2, 3], vec![4]]);
    assert_eq!(Loader::new(data.clone(), 2).drop_last(true).order(3), [vec![0, 1], vec![2, 3]]);
    // Seeds and epochs matter only with shuffling.
    assert_eq!(Loader::new(data, 2).seed(9).order(0), order);
    assert_eq!(Loader::new(Numbers::new(0), 2).workers(2).epoch(0, 0).count(), 0);
}

#[test]
#[should_panic(expected = "Subset: there is no example 5 of 5")]
fn a_subset_of_what_is_not_there_is_refused() {
    Subset::new(Numbers::new(5), vec![0, 5]);
}

#[test]
fn a_subset_numbers_anew() {
    let data = Numbers::new(10);
    let lengths = data.lengths.clone();
    let subset = Subset::new(data, vec![7, 2, 9]);
    let batch = subset.batch(&[2, 0], &mut Rng::new(0, "batch"));
    assert_eq!(batch.labels.to_vec(), [9, 7]);
    assert_eq!((subset.len(), subset.size_hint_of(1)), (3, lengths[2]));
}

proptest! {
    #[test]
    fn every_example_comes_exactly_once(
        n in 0usize..300, batch in 1usize..40, pool in 1usize..6, seed: u64, epoch in 0u64..1000,
        shuffle: bool, drop_last: bool,
    ) {
        let loader = Loader::new(Numbers::new(n), batch).seed(seed).shuffle(shuffle).drop_last(drop_last).buckets(pool);
        let order = loader.order(epoch);
        prop_assert_eq!(order.len(), loader.batches());
        let mut seen: Vec<usize> = order.concat();
        let left_out = if drop_last { n % batch } else { 0 };
        prop_assert_eq!(seen.len(), n - left_out);
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(seen.len(), n - left_out, "an example came twice");
        // All batches are full but one.
        let short = order.iter().filter(|b| b.len() != batch).count();
        prop_assert!(short <= usize::from(!drop_last && n % batch > 0));
    }

    #[test]
    fn bucket_batches_are_sorted_pools(lengths in prop::collection::vec(0usize..20, 0..60), batch in 1usize..6, pool in 1usize..5) {
        let order: Vec<usize> = (0..lengths.len()).rev().collect();
        let batches = bucket_batches(&order, |i| lengths[i], batch, pool, None);
        for (number, chunk) in batches.chunks(pool).enumerate() {
            let ours = chunk.concat();
            let mut want = order[number * pool * batch..][..ours.len()].to_vec();
            want.sort_by_key(|&i| (lengths[i], std::cmp::Reverse(i)));
            prop_assert_eq!(ours, want);
        }
    }
}
