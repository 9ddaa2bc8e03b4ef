//! After a warm-up, a product asks the system for no memory, but for what matrixmultiply takes for packing.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{in_fallback, matmul, matmul_add, matmul_backward};

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
    let work = |times: usize| {
        let products = || {
            for (a, b) in cases.iter().cycle().take(times * cases.len()) {
                let mut c = matmul(a, b);
                matmul_add(&mut c, a, b);
                matmul_backward(&c, a, b);
            }
        };
        allocations::count(&threads, products)
    };
    work(3);
    let packing = allocations::apart_so_far();
    assert_eq!(work(5), 0);
    assert!(allocations::apart_so_far() > packing, "the counter counts");
}
