//! No sleep between short pieces of work.
//!
//! A thread of the pool that finds nothing to do goes to sleep after some ten microseconds, and to wake it takes longer than
//! that, for who wakes it too. Where a network looks at a single input, its layers are as short, and between those that
//! have work for several threads there are some that have not. So let the other threads ask for work until all is done, as the
//! threads of OpenMP do. In training, with batches, this is of no use.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::Yield;

/// Whether somebody's threads are kept awake: one at a time is enough, and no two can wait for each other.
static KEEPING: AtomicBool = AtomicBool::new(false);

/// More threads than these have nothing to do where inputs are few.
const HELPERS: usize = 7;

// ANCHOR: awake
/// Runs `f`, while the other threads of the pool stay awake: for a few milliseconds of work with many short gaps in it.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch05_backprop::{Layer, Linear};
/// # use ch07_modules::{Sequential, awake};
/// let model = Sequential::new().push(Linear::new(784, 10, &mut Rng::new(0, "init")));
/// let scores = awake(|| model.infer(Tensor::zeros([1, 784])));
/// ```
pub fn awake<R>(f: impl FnOnce() -> R) -> R {
    let helpers = (rayon::current_num_threads() - 1).min(HELPERS);
    if helpers == 0 || KEEPING.swap(true, Ordering::Acquire) {
        return f();
    }
    /// Lets the helpers go, after a panic too.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    /// Opens the way for the next, when all helpers are gone.
    struct Kept;
    impl Drop for Kept {
        fn drop(&mut self) {
            KEEPING.store(false, Ordering::Release);
        }
    }
    let _kept = Kept;
    let (done, caller) = (AtomicBool::new(false), rayon::current_thread_index());
    let done = &done;
    rayon::in_place_scope(|scope| {
        let _done = Done(done);
        for _ in 0..helpers {
            scope.spawn(move |_| {
                // A caller that waits for others takes what work there is, and must not wait for itself.
                if rayon::current_thread_index() == caller {
                    return;
                }
                while !done.load(Ordering::Acquire) {
                    if rayon::yield_now() != Some(Yield::Executed) {
                        spin_loop();
                    }
                }
            });
        }
        f()
    })
}
// ANCHOR_END: awake

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use rayon::prelude::*;

    /// Work cut very small, that waits for its parts.
    fn work() -> usize {
        (0..100usize).into_par_iter().with_max_len(1).map(|i| (0..i).into_par_iter().sum::<usize>()).sum()
    }

    #[test]
    fn everything_ends_wherever_it_is_called() {
        let alone = work();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for _ in 0..20 {
                // From a thread of the pool, from outside, one in another, and several at once.
                assert_eq!(pool.install(|| awake(work)), alone);
                assert_eq!(pool.install(|| awake(|| awake(work))), alone);
                let many: Vec<usize> = pool.install(|| (0..8).into_par_iter().map(|_| awake(work)).collect());
                assert_eq!(many, [alone; 8]);
            }
        }
        assert_eq!(awake(work), alone);
    }

    #[test]
    fn a_panic_goes_through_and_lets_the_helpers_go() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for _ in 0..3 {
            let panics = AssertUnwindSafe(|| pool.install(|| awake::<()>(|| panic!("as asked"))));
            assert!(catch_unwind(panics).is_err());
        }
    }
}
