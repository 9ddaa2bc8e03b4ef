//! A training step asks the system for no memory once it has warmed up.
//!
//! The matrixmultiply crate packs its operands into memory of its own and is left out of the count.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Mlp, train_step};
use ch07_modules::{Flatten, Residual, Sequential};

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

#[test]
fn a_training_step_allocates_nothing_after_warm_up() {
    let mut rng = Rng::new(0, "allocations");
    let mut mlp = Mlp::new(&[784, 256, 128, 10], Activation::Relu, &mut rng);
    let inner =
        Sequential::new().push(Linear::new(64, 64, &mut rng)).push(ActivationLayer::new(Activation::Relu));
    let mut chain = Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 64, &mut rng))
        .push(Residual::new(inner))
        .push(Linear::new(64, 10, &mut rng));
    let models: [(&mut dyn Layer, &[usize]); 2] = [(&mut mlp, &[128, 784]), (&mut chain, &[128, 1, 28, 28])];
    let labels = Array::from_fn([128], |i| i[0] as i64 % 10);

    let threads = allocations::threads(2);
    // The steps run on either thread, and each keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| {
        let _path = ["warm-up", "of", "four", "names"].map(ch01_tensors::context::enter);
    });
    for (model, shape) in models {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut rng);
        let mut steps = |count: usize| {
            allocations::count(&threads, || {
                for _ in 0..count {
                    train_step(model, x.clone(), &labels, 0.1);
                }
            })
        };
        assert!(steps(1) > 0, "the first step must allocate, or the counter does not count");
        steps(9);
        assert_eq!(steps(50), 0, "allocations in 50 steps after warm-up");
    }
}
