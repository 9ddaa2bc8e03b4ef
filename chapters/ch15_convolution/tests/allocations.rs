//! A training step of SmallCNN asks the system for no memory once it has warmed up.
//!
//! Only the threads of a pool are counted: the test harness has a thread of its own, which allocates when it likes. The
//! matrixmultiply crate, which the two linear layers use, packs its operands into memory of its own and is left out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, sgd_step, zero_grad};
use ch15_convolution::small_cnn;

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
    let mut model = small_cnn(3, 10, 8, 0.4, 0);
    let x = Tensor::normal([40, 3, 32, 32], 0.0, 1.0, &mut rng);
    let labels = Array::<i64>::from_fn([40], |i| i[0] as i64 % 10);
    let loss = CrossEntropy::default();

    let counted = |_| COUNTED.set(true);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(2).start_handler(counted).build().unwrap();
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    let mut steps = |count: usize| {
        threads.install(|| {
            let before = COUNT.load(Relaxed);
            for _ in 0..count {
                zero_grad(&mut model);
                let y = model.forward(x.clone());
                model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
                sgd_step(&mut model, 0.01);
            }
            COUNT.load(Relaxed) - before
        })
    };
    assert!(steps(1) > 0, "the first step must allocate, or the counter does not count");
    // How many buffers are in use at a time depends on how the threads meet, so a new one may be needed now and then at first;
    // but then no more, 30 steps in a row.
    let mut quiet = 0;
    for _ in 0..300 {
        quiet = if steps(1) == 0 { quiet + 1 } else { 0 };
        if quiet == 30 {
            return;
        }
    }
    panic!("allocations in every 30 of 300 steps");
}
