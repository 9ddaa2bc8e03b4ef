//! A training step of the encoder asks the system for no memory once it has warmed up.
//!
//! Only the threads of a pool are counted: the test harness has a thread of its own, which allocates when it likes. The
//! matrixmultiply crate, which multiplies here, packs its operands into memory of its own and is left out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch20_transformer::{EncoderClassifier, EncoderConfig};

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
    // Large enough that attention, norms, dropout and products are cut into tasks for two threads.
    let config = EncoderConfig {
        vocabulary: 500,
        max_tokens: 64,
        size: 64,
        feed_forward: 256,
        layers: 2,
        ..EncoderConfig::default()
    };
    let mut model = EncoderClassifier::new(&config, &mut rng);
    let mut optimizer = AdamW::new();
    let ids = Array::from_fn([16, 64], |_| rng.below(500) as i64);
    // Some texts end early, and one has a gap, so that keys are hidden in both ways.
    let mask = Array::from_fn([16, 64], |at| at[1] < 64 - at[0] && (at[0] != 3 || at[1] != 5));
    let input = Tokens { ids, mask };
    let labels = Array::<i64>::from_fn([16], |i| i[0] as i64 % 2);
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
                let y = model.forward(&input);
                model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
                optimizer.step(&mut model, 1e-3);
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
