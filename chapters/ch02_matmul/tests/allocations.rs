//! After a warm-up, a product asks the system for no memory, but for what matrixmultiply takes for packing; ours keeps its
//! buffers.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, in_fallback, matmul, matmul_add, matmul_backward, with_kernel};

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

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
    let threads = allocations::threads(2);
    for kernel in Kernel::available() {
        let products = || {
            for (a, b) in &cases {
                let mut c = matmul(a, b);
                matmul_add(&mut c, a, b);
                matmul_backward(&c, a, b);
            }
        };
        let work = |times: usize| with_kernel(kernel, || (0..times).for_each(|_| products()));
        // Each thread makes its buffers at its first product.
        threads.broadcast(|_| work(1));
        threads.install(|| work(3));
        let packing = allocations::apart_so_far();
        assert_eq!(allocations::count(&threads, || work(5)), 0, "{kernel:?}");
        // The counter counts, and matrixmultiply alone takes memory of its own.
        let packing = allocations::apart_so_far() - packing;
        assert_eq!(packing > 0, kernel == Kernel::Matrixmultiply, "{kernel:?}");
    }
}
