//! `fit` asks the system for no memory between two steps once it has warmed up, but where it writes a checkpoint.
//!
//! Everything runs on one thread of a pool of one, and only that thread is counted: batches are made and checkpoints
//! written by others. The matrixmultiply crate packs its operands into memory of its own and is left out.

mod common;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor, pool};
use ch02_matmul::in_fallback;
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear};
use ch07_modules::Sequential;
use ch09_optimizers::AdamW;
use ch13_data::Loader;
use ch14_training::{MemoryAccount, RunDir, Settings, measured_activations};
use common::{INPUTS, Points, model_of, settings, trainer, valid};

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

#[test]
fn between_two_steps_nothing_is_allocated() {
    the_account_of_memory_agrees_with_the_pool();
    let folder = tempfile::tempdir().unwrap();
    let dir = RunDir::create(folder.path()).unwrap();
    let train = Loader::new(Arc::new(Points::new(60 * 16, 0.1, 0)), 16).seed(5).shuffle(true).workers(1);
    let settings = Settings { epochs: 2, checkpoint_steps: Some(50), ..settings() };
    // How many batches are ready at a time, five at most, depends on how the threads meet: room for them, and for whatever
    // else of their size a step needs, waits in the pool from the beginning.
    drop([(); 64].map(|()| (Tensor::zeros([16, INPUTS]), Array::<i64>::zeros([16]))));
    // How many allocations there had been after each step; the list is long enough from the beginning.
    let counts = Arc::new(Mutex::new(Vec::with_capacity(200)));
    let seen = counts.clone();
    let mut trainer = trainer(settings).on_step(move |step| {
        seen.lock().unwrap().push((step.step, allocations::so_far()));
        ControlFlow::Continue(())
    });
    allocations::threads(1)
        .install(|| trainer.fit(&mut model_of(64), &train, &valid(), &dir, false))
        .unwrap();

    let counts = counts.lock().unwrap();
    assert_eq!(counts.len(), 120);
    assert!(counts[0].1 > 0, "the first step must allocate, or the counter does not count");
    // Steps 50 and 100 write a checkpoint and step 60 ends an epoch, with another; step 61 begins the next. The step
    // after a checkpoint copies what the checkpoint shares, out of memory that the pool kept for the step after that one.
    let exempt = |step: u64| [50, 60, 100].iter().any(|&written| (written..=written + 2).contains(&step));
    let steps = counts.windows(2).map(|pair| (pair[1].0, pair[1].1 - pair[0].1));
    let allocating: Vec<_> = steps.filter(|&(step, count)| step > 10 && !exempt(step) && count > 0).collect();
    assert!(allocating.is_empty(), "(step, allocations): {allocating:?}");
    let saving = counts[49].1 - counts[48].1;
    assert!(saving > 0, "the step that saves is expected to allocate");
}

/// Not a test of its own: the pool is the process's, and nothing else may make arrays meanwhile, loaders least of all.
fn the_account_of_memory_agrees_with_the_pool() {
    let before = pool::stats().live_bytes;
    let mut rng = Rng::new(3, "init");
    let relu = || ActivationLayer::new(Activation::Relu);
    let mut model = Sequential::new()
        .push(Linear::new(64, 256, &mut rng))
        .push(relu())
        .push(Linear::new(256, 256, &mut rng))
        .push(relu())
        .push(Linear::new(256, 10, &mut rng));
    let built = pool::stats().live_bytes - before;
    let x = Tensor::ones([128, 64]);
    let mut adamw = AdamW::new();
    let account = MemoryAccount::of(&mut model, &mut adamw, &x);
    let parameters = 4 * (64 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10);
    assert_eq!((account.parameters, account.gradients), (parameters, parameters));
    // Two means for each parameter, and a few counts of steps.
    assert!((2 * parameters..2 * parameters + 1000).contains(&account.optimizer), "{account:?}");
    assert_eq!((account.buffers, account.activations), (0, 4 * 128 * (64 + 4 * 256 + 10)));
    assert_eq!(account.total(), 2 * parameters + account.optimizer + account.activations);
    // Blocks are up to a quarter larger than what is asked for, and have a header of 64 bytes.
    let near = |what: &str, measured: usize, predicted: usize| {
        let ratio = measured as f64 / predicted as f64;
        assert!((0.99..1.3).contains(&ratio), "{what}: {measured} bytes measured, {predicted} predicted");
    };
    near("weights and gradients", built, account.parameters + account.gradients);
    measured_activations(&mut model, &x);
    let measured = measured_activations(&mut model, &x);
    // The input was there before.
    near("activations", measured, account.activations - 4 * 128 * 64);
}
