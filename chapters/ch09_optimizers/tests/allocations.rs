//! After the first step, no optimizer asks the system for memory, and clipping never does.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Linear, Module, Visitor};
use ch09_optimizers::{
    AdaGrad, Adafactor, Adam, AdamW, Ema, Lamb, Lars, Lion, Optimizer, RmsProp, Sgd, clip_grad_norm,
    clip_grad_value,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// A small and a large layer, the large one cut into parallel parts.
struct Net(Linear, Linear);

impl Module for Net {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("small", &mut self.0);
        visitor.child("large", &mut self.1);
    }
}

#[test]
fn a_step_allocates_nothing_after_the_first() {
    let mut rng = Rng::new(0, "allocations");
    let mut net = Net(Linear::new(3, 4, &mut rng), Linear::new(500, 700, &mut rng));
    net.1.weight.grad = Tensor::normal([700, 500], 0.0, 1.0, &mut rng);
    // Muon's products go through chapter 2, which has a test of its own.
    let mut optimizers: [Box<dyn Optimizer>; 10] = [
        Box::new(Sgd::new()),
        Box::new(Sgd::new().momentum(0.9)),
        Box::new(AdamW::new()),
        Box::new(AdaGrad::new()),
        Box::new(RmsProp::new()),
        Box::new(Adam::new().amsgrad(true)),
        Box::new(Lion::new()),
        Box::new(Adafactor::new()),
        Box::new(Lars::new()),
        Box::new(Lamb::new()),
    ];
    let mut ema = Ema::new(0.99);
    let threads = allocations::threads(2);
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    let mut steps = |count: usize| {
        allocations::count(&threads, || {
            for _ in 0..count {
                clip_grad_norm(&mut net, 1.0);
                clip_grad_value(&mut net, 0.01);
                optimizers.iter_mut().for_each(|optimizer| optimizer.step(&mut net, 0.1));
                ema.update(&mut net);
                ema.swap(&mut net);
                ema.swap(&mut net);
            }
        })
    };
    assert!(steps(1) > 0, "the first step makes the state, or the counter does not count");
    // The means that are swapped in take their storage along: the pool has one of each size more after this.
    steps(2);
    assert_eq!(steps(50), 0, "allocations in 50 steps");
}
