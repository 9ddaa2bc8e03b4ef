//! A training step of SmallCNN asks the system for no memory once it has warmed up.
//!
//! The matrixmultiply crate, which the two linear layers use, packs its operands into memory of its own and is left out.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, sgd_step, zero_grad};
use ch15_convolution::small_cnn;

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

#[test]
fn a_training_step_allocates_nothing_after_warm_up() {
    let mut rng = Rng::new(0, "allocations");
    let mut model = small_cnn(3, 10, 8, 0.4, 0);
    let x = Tensor::normal([40, 3, 32, 32], 0.0, 1.0, &mut rng);
    let labels = Array::<i64>::from_fn([40], |i| i[0] as i64 % 10);
    let loss = CrossEntropy::default();

    let threads = allocations::threads(2);
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    allocations::assert_none_after_warm_up(&threads, || {
        zero_grad(&mut model);
        let y = model.forward(x.clone());
        model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
        sgd_step(&mut model, 0.01);
    });
}
