//! After a warm-up, a product asks the system for no memory, but for what matrixmultiply takes for packing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{in_fallback, matmul, matmul_add, matmul_backward};

struct Counting;

static OURS: AtomicUsize = AtomicUsize::new(0);
static PACKING: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let counter = if in_fallback() { &PACKING } else { &OURS };
        counter.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the allocator's rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `alloc` above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_product_allocates_nothing_of_its_own() {
    let mut rng = Rng::new(6, "allocations");
    let mut random = |shape: &[usize]| Tensor::uniform(shape, -1.0, 1.0, &mut rng);
    let cases = [
        (random(&[300, 200]), random(&[200, 300])),
        (random(&[30, 20, 10]), random(&[30, 10, 20])),
        (random(&[16, 40, 64]), random(&[64, 64])),
        (random(&[1, 3000]), random(&[3000, 2000])),
    ];
    // Inside the thread pool: a call from outside goes through a queue, which allocates now and then.
    rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap().install(|| {
        let work = || {
            for (a, b) in &cases {
                let mut c = matmul(a, b);
                matmul_add(&mut c, a, b);
                matmul_backward(&c, a, b);
            }
        };
        (0..3).for_each(|_| work());
        let before = (OURS.load(Ordering::Relaxed), PACKING.load(Ordering::Relaxed));
        (0..5).for_each(|_| work());
        assert_eq!(OURS.load(Ordering::Relaxed) - before.0, 0);
        assert!(PACKING.load(Ordering::Relaxed) > before.1, "the counter counts");
    });
}
