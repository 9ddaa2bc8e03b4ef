//! Counting how often some threads ask the system for memory.
//!
//! Arrays come from a pool of memory (chapter 1), so a training step should ask the system for none once it has warmed
//! up. A test finds out by making [`Counting`] its allocator:
//!
//! ```
//! use ch00_start::allocations::{self, Counting};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting::new();
//!
//! let threads = allocations::threads(2);
//! let three = || (0..3).for_each(|i| drop(std::hint::black_box(Box::new(i))));
//! assert_eq!(allocations::count(&threads, three), 3);
//! assert_eq!(allocations::count(&threads, || ()), 0);
//! ```
//!
//! Only the threads made by [`threads`] are counted: the test harness has one of its own, which allocates when it likes.
//! The work runs inside them, because entering a pool from outside queues a job, which allocates now and then.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::{ThreadPool, ThreadPoolBuilder};

static COUNT: AtomicUsize = AtomicUsize::new(0);
static APART: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread's allocations count. Without a destructor, so that asking allocates nothing.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, with a count.
pub struct Counting {
    apart: fn() -> bool,
}

impl Counting {
    /// Counts everything.
    pub const fn new() -> Self {
        Counting { apart: || false }
    }

    /// Counts apart what a thread asks for while `apart` is true there: for the memory of a library that has no pool.
    /// `apart` itself must not allocate.
    pub const fn but(apart: fn() -> bool) -> Self {
        Counting { apart }
    }
}

impl Default for Counting {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.get() {
            let count = if (self.apart)() { &APART } else { &COUNT };
            count.fetch_add(1, Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// A pool of so many threads whose allocations count.
pub fn threads(count: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(count).start_handler(|_| COUNTED.set(true));
    pool.build().expect("threads can be started")
}

/// How many allocations there have been so far, without those apart.
pub fn so_far() -> usize {
    COUNT.load(Relaxed)
}

/// How many allocations there have been apart so far.
pub fn apart_so_far() -> usize {
    APART.load(Relaxed)
}

/// How many allocations there are while `work` runs inside these threads, without those apart.
pub fn count(threads: &ThreadPool, work: impl FnOnce() + Send) -> usize {
    threads.install(|| {
        let before = so_far();
        work();
        so_far() - before
    })
}

/// Runs a step until it has allocated nothing 30 times in a row.
///
/// How many buffers are in use at a time depends on how the threads meet, so a new one may be needed now and then at
/// first; but then no more.
///
/// # Panics
/// When the first step allocates nothing, which means that nothing is counted; or when 300 steps were not enough.
#[track_caller]
pub fn assert_none_after_warm_up(threads: &ThreadPool, mut step: impl FnMut() + Send) {
    let mut one = || count(threads, &mut step);
    assert!(one() > 0, "the first step must allocate, or the counter does not count");
    let mut quiet = 0;
    for _ in 0..300 {
        quiet = if one() == 0 { quiet + 1 } else { 0 };
        if quiet == 30 {
            return;
        }
    }
    panic!("allocations in every 30 of 300 steps");
}
