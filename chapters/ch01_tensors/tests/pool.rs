//! The pool of memory: what it keeps, what it frees, and many threads at once.
//!
//! All tests of a file share one process and so one pool: each holds this lock while it counts.

use std::sync::{Mutex, MutexGuard};

use ch01_tensors::{Array, Rng, Tensor, pool};

static ALONE: Mutex<()> = Mutex::new(());

/// The lock, an empty pool, and the cap that programs start with.
fn alone() -> MutexGuard<'static, ()> {
    let guard = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    pool::set_cap(0);
    assert_eq!(pool::stats().waiting_bytes, 0, "a cap of 0 frees everything");
    pool::set_cap(1 << 30);
    guard
}

#[test]
fn live_and_waiting_bytes_are_counted() {
    let _guard = alone();
    let before = pool::stats();
    let a = Tensor::zeros([1000]);
    let live = pool::stats().live_bytes - before.live_bytes;
    assert!((4000..5200).contains(&live), "{live}: the data, a header and at most a quarter of waste");
    let b = a.clone();
    assert_eq!(pool::stats().live_bytes - before.live_bytes, live, "a view takes nothing");
    drop(a);
    assert_eq!(pool::stats().waiting_bytes, 0, "the view still needs the storage");
    drop(b);
    let after = pool::stats();
    assert_eq!((after.live_bytes, after.waiting_bytes), (before.live_bytes, live));
    assert_eq!(after.from_system, before.from_system + 1);
}

#[test]
fn what_waits_never_exceeds_the_cap() {
    let _guard = alone();
    pool::set_cap(1 << 20);
    let before = pool::stats().live_bytes;
    let mut rng = Rng::new(0, "sizes");
    for _ in 0..500 {
        let arrays: Vec<Tensor> = (0..5).map(|_| Tensor::zeros([rng.below(100_000)])).collect();
        drop(arrays);
        assert!(pool::stats().waiting_bytes <= 1 << 20);
    }
    assert_eq!(pool::stats().live_bytes, before);
}

#[test]
fn the_class_unused_for_longest_is_freed_first() {
    let _guard = alone();
    let (old, recent) = (Tensor::zeros([10_000]), Tensor::zeros([20_000]));
    let (old_place, recent_place) = (old.data().as_ptr(), recent.data().as_ptr());
    drop(old);
    drop(recent);
    // Room for the recent block but not for both.
    pool::set_cap(100_000);
    let taken = pool::stats().from_system;
    assert_eq!(Tensor::zeros([20_000]).data().as_ptr(), recent_place, "still there");
    assert_eq!(pool::stats().from_system, taken);
    let again = Tensor::zeros([10_000]);
    assert_eq!(pool::stats().from_system, taken + 1, "freed, at {old_place:?}");
    drop(again);
}

#[test]
fn a_block_above_the_cap_does_not_push_out_the_others() {
    let _guard = alone();
    pool::set_cap(100_000);
    drop(Tensor::zeros([10_000]));
    let waiting = pool::stats().waiting_bytes;
    assert!(waiting > 0);
    drop(Tensor::zeros([100_000]));
    assert_eq!(pool::stats().waiting_bytes, waiting);
}

#[test]
fn ragged_batches_settle_and_do_not_hoard() {
    let _guard = alone();
    let mut rng = Rng::new(1, "ragged");
    let start = pool::stats();
    let mut peak = 0;
    // Batches of sentences of every length up to 512 once, then of any, and a few layers that work on them.
    let random: Vec<usize> = (0..2000).map(|_| 1 + rng.below(512)).collect();
    let mut batch = |length: usize| {
        let x = Tensor::ones([length, 64]);
        let layers: Vec<Tensor> = (0..6).map(|_| &x * 2.0).collect();
        peak = peak.max(pool::stats().live_bytes - start.live_bytes);
        drop((x, layers));
    };
    (1..=512).for_each(&mut batch);
    let taken = pool::stats().from_system;
    random.into_iter().for_each(batch);
    assert_eq!(pool::stats().from_system, taken, "nothing new is asked for once every length was seen");
    // All sizes share a few classes. Four per doubling: even if every class waits at its largest, the sum is
    // 1 + 7/8 + 6/8 + 5/8 and then halves, 6.5 times the largest step.
    let waiting = pool::stats().waiting_bytes;
    assert!(waiting <= peak * 13 / 2, "{waiting} bytes wait, {peak} were in use at once");
}

#[test]
fn a_step_takes_nothing_from_the_system_once_warm() {
    let _guard = alone();
    let step = |x: &Tensor| {
        let index = x.argmax(1, false);
        let hot = Tensor::one_hot(&index, 100);
        let part = x.slice((.., 10..20)).contiguous() + x.slice((.., 0)).unsqueeze(1);
        let kept = x.gt(0.5).where_(x, 0.0).masked_fill(&x.lt(0.1), 1.0);
        let (values, places) = x.topk(5, 1);
        let joined = Array::concat(&[&hot, &kept], 1);
        let spread = Tensor::zeros([64, 100]).scatter_add(1, &places, &values);
        let all = part.var(.., false, 0) + joined.logsumexp(.., false) + spread.cumsum(1).sum(.., false);
        all.item() + x.pad(&[(1, 1)], ch01_tensors::Pad::Constant(0.0)).sort(1, false).mean_all()
    };
    let x = Tensor::uniform([64, 100], 0.0, 1.0, &mut Rng::new(2, "x"));
    let first = step(&x);
    let taken = pool::stats().from_system;
    for _ in 0..10 {
        assert_eq!(step(&x), first);
    }
    assert_eq!(pool::stats().from_system, taken);
}

#[test]
fn blocks_that_change_threads_and_types_hold_what_was_written() {
    let _guard = alone();
    let shared = Tensor::arange(0.0, 1000.0, 1.0);
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let shared = &shared;
            scope.spawn(move || {
                let mut rng = Rng::new(thread, "threads");
                let mut kept: Vec<(Array<i64>, i64)> = Vec::new();
                for _ in 0..300 {
                    let mut own = shared.clone();
                    own += 1.0; // copies: others hold it
                    assert_eq!(own[[999]], 1000.0);
                    let size = 1 + rng.below(500);
                    let bools = Array::full([size], true);
                    assert!(bools.all(.., false).item());
                    let value = rng.below(1000) as i64;
                    kept.push((Array::full([size], value), value));
                    if kept.len() > 10 {
                        let (array, value) = kept.swap_remove(rng.below(10));
                        assert!(array.iter().all(|x| x == value));
                    }
                }
            });
        }
    });
    assert_eq!(shared.sum_all(), 499_500.0);
}

#[test]
#[should_panic(expected = "does not fit in memory")]
fn an_absurd_size_is_refused() {
    // Not the lock: this panics, before the pool is touched.
    let _ = Array::<u8>::scratch([isize::MAX as usize / 2]);
}
