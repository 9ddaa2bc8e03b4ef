//! A training step asks the system for no memory once it has warmed up.
//!
//! The matrixmultiply crate, which stands in where no kernel of ours fits, packs its operands into memory of its own and is
//! left out.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{Optimizer, Sgd};
use ch16_resnet::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

fn check(mut model: impl Layer, mut optimizer: Box<dyn Optimizer>) {
    let x = Tensor::normal([4, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "allocations"));
    let labels = Array::<i64>::from_fn([4], |i| i[0] as i64 % 10);
    let loss = CrossEntropy::default();
    let threads = allocations::threads(2);
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    allocations::assert_none_after_warm_up(&threads, || {
        zero_grad(&mut model);
        let y = model.forward(x.clone());
        model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
        optimizer.step(&mut model, 0.01);
    });
}

/// One test, so that nobody else takes from the pool of memory meanwhile.
#[test]
fn training_steps_allocate_nothing_after_warm_up() {
    let init = &mut Rng::new(0, "init");
    let sgd = || Box::new(Sgd::new().momentum(0.9));
    for kind in [Kind::Basic, Kind::Bottleneck, Kind::PreActivation] {
        let config =
            ResNetConfig { width: 4, squeeze: Some(2), drop_path: 0.1, ..ResNetConfig::new(kind, &[1, 1]) };
        check(ResNet::new(&config.cifar(10), init), sgd());
    }
    check(ResNet9::new(3, 10, 4, init), sgd());
    let recipe = FastRecipe { epochs: 100, ..FastRecipe::default() };
    check(FastNet::build([8, 8, 8], 3, 10, init), recipe.optimizer(10));
}
