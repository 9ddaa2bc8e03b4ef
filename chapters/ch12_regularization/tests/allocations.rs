//! Dropout asks the system for no memory once it has warmed up: masks come from the pool like all arrays.
//!
//! It runs inside the thread pool, and only the pool's threads are counted: the test harness allocates when it likes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch12_regularization::Dropout;

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread's allocations count. Without a destructor, so that asking allocates nothing.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(usize::from(COUNTED.get()), Relaxed);
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
fn dropout_allocates_nothing_after_warm_up() {
    let mut layer = Dropout::new(0.1, &mut Rng::new(0, "layers"));
    // One array that is cut into parts for two threads, and one that is not.
    let inputs = [Tensor::ones([32, 64, 128]), Tensor::ones([100])];
    let counted = |_| COUNTED.set(true);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(2).start_handler(counted).build().unwrap();
    let mut steps = |count: usize| {
        threads.install(|| {
            let before = COUNT.load(Relaxed);
            for _ in 0..count {
                for x in &inputs {
                    // Shared inputs are copied, and used twice before going back: masks wait in a list.
                    let once = layer.forward(x.clone());
                    let twice = layer.forward(once);
                    let grad = layer.backward(twice);
                    layer.backward(grad);
                }
            }
            COUNT.load(Relaxed) - before
        })
    };
    assert!(steps(1) > 0, "the first step must allocate, or the counter does not count");
    steps(9);
    assert_eq!(steps(100), 0, "allocations in 100 steps after warm-up");
}
