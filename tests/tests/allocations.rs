//! A training step asks the system for no memory once it has warmed up.
//!
//! The step runs inside the thread pool: entering it from outside queues a job, which allocates now and then. The
//! matrixmultiply crate packs its operands into memory of its own and is left out of the count.
//!
//! Only the threads of the pool are counted: the test harness has a thread of its own, which allocates when it likes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, train_step};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread's allocations count. Without a destructor, so that asking allocates nothing.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(usize::from(COUNTED.get() && !in_fallback()), Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_training_step_allocates_nothing_after_warm_up() {
    let mut rng = Rng::new(0, "allocations");
    let mut model = Mlp::new(&[784, 256, 128, 10], Activation::Relu, &mut rng);
    let x = Tensor::normal([128, 784], 0.0, 1.0, &mut rng);
    let labels = Array::from_fn([128], |i| i[0] as i64 % 10);

    let counted = |_| COUNTED.set(true);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(2).start_handler(counted).build().unwrap();
    // The steps run on either thread, and each keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    let mut steps = |count: usize| {
        threads.install(|| {
            let before = COUNT.load(Relaxed);
            for _ in 0..count {
                train_step(&mut model, x.clone(), &labels, 0.1);
            }
            COUNT.load(Relaxed) - before
        })
    };
    assert!(steps(1) > 0, "the first step must allocate, or the counter does not count");
    steps(9);
    assert_eq!(steps(50), 0, "allocations in 50 steps after warm-up");
}
