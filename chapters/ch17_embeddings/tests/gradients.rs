//! Gradient checks and laws of the embedding, and the f32 path against the f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch17_embeddings::Embedding;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn tokens(shape: &[usize], count: usize, seed: u64) -> Array<i64> {
    let mut rng = Rng::new(seed, "tokens");
    Array::from_fn(shape, |_| rng.below(count) as i64)
}

#[test]
fn gradcheck_embedding() {
    for (seed, shape) in [&[4][..], &[1], &[2, 5], &[2, 3, 2], &[0], &[]].iter().enumerate() {
        for padding in [None, Some(1)] {
            let seed = seed as u64;
            let (table, ids) = (random(&[5, 3], seed), tokens(shape, 5, seed));
            let mut layer = Embedding::from_parts(table.clone(), padding);
            let c = random(layer.forward(&ids).shape(), seed + 10);
            layer.backward(c.clone());
            let loss =
                |table: &Array<f64>| (Embedding::from_parts(table.clone(), None).infer(&ids) * &c).sum_all();
            let mut numeric = numerical_gradient(loss, &table);
            if let Some(padding) = padding {
                numeric.data_mut()[3 * padding..][..3].fill(0.0);
            }
            assert_gradient("the table", &layer.weight.grad, &numeric);
        }
    }
}

#[test]
#[should_panic(expected = "Embedding: token 5 is outside a table of 5 rows")]
fn tokens_outside_the_table_are_refused() {
    Embedding::from_parts(Tensor::ones([5, 2]), None).forward(&Array::from([0, 5]));
}

#[test]
#[should_panic(expected = "Embedding: token -1 is outside a table of 5 rows")]
fn negative_tokens_are_refused() {
    Embedding::from_parts(Tensor::ones([5, 2]), None).infer(&Array::from([-1]));
}
