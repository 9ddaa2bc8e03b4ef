//! Dropout asks the system for no memory once it has warmed up: masks come from the pool like all arrays.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch12_regularization::Dropout;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

#[test]
fn dropout_allocates_nothing_after_warm_up() {
    let mut layer = Dropout::new(0.1, &mut Rng::new(0, "layers"));
    // One array that is cut into parts for two threads, and one that is not.
    let inputs = [Tensor::ones([32, 64, 128]), Tensor::ones([100])];
    let threads = allocations::threads(2);
    let mut steps = |count: usize| {
        allocations::count(&threads, || {
            for _ in 0..count {
                for x in &inputs {
                    // Shared inputs are copied, and used twice before going back: masks wait in a list.
                    let once = layer.forward(x.clone());
                    let twice = layer.forward(once);
                    let grad = layer.backward(twice);
                    layer.backward(grad);
                }
            }
        })
    };
    assert!(steps(1) > 0, "the first step must allocate, or the counter does not count");
    steps(9);
    assert_eq!(steps(100), 0, "allocations in 100 steps after warm-up");
}
