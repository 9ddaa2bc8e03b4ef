//! A training step of the classifier asks the system for no memory once it has warmed up, whatever the lengths.
//!
//! The matrixmultiply crate, which multiplies where there are no vector instructions of ours, is left out.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch18_recurrent::{LstmClassifier, LstmClassifierConfig};

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

#[test]
fn a_training_step_allocates_nothing_after_warm_up() {
    let mut rng = Rng::new(0, "allocations");
    let config = LstmClassifierConfig {
        vocabulary: 300,
        embedding: 32,
        hidden: 32,
        layers: 2,
        dropout: 0.3,
        embedding_dropout: 0.2,
        ..LstmClassifierConfig::default()
    };
    let mut model = LstmClassifier::new(&config, &mut rng);
    let mut optimizer = AdamW::new();
    let ids = Array::from_fn([32, 40], |_| rng.below(300) as i64);
    let input = Tokens { ids, mask: Array::from_fn([32, 40], |at| at[1] <= at[0]) };
    let labels = Array::<i64>::from_fn([32], |i| i[0] as i64 % 2);
    let loss = CrossEntropy::default();
    let threads = allocations::threads(2);
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    allocations::assert_none_after_warm_up(&threads, || {
        zero_grad(&mut model);
        let y = model.forward(&input);
        model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
        optimizer.step(&mut model, 1e-3);
    });
}
