//! The tests of chapter 17, as one program.

mod bags;
mod golden;
mod gradients;
mod pictures;
mod rows;
mod words;

use ch01_tensors::{Array, Rng};

/// Numbers from the standard normal distribution.
fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Tokens below `count`.
fn tokens(shape: &[usize], count: usize, seed: u64) -> Array<i64> {
    let mut rng = Rng::new(seed, "tokens");
    Array::from_fn(shape, |_| rng.below(count) as i64)
}
