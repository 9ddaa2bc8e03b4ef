//! The bag of words: what counts, and its gradient against the formula.

use ch01_tensors::{Array, Rng, Tensor};
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch28_capstone::BagOfWords;

fn tokens(ids: &[i64], batch: usize) -> Tokens {
    let ids = Array::from_slice(ids, [batch, ids.len() / batch]);
    Tokens { mask: ids.map_to(|id| id != 0), ids }
}

#[test]
fn order_repetition_and_padding_count_for_nothing() {
    let mut model = BagOfWords::new(5, 2);
    model.weights.weight.value = Tensor::normal([5, 2], 0.0, 1.0, &mut Rng::new(1, "weights"));
    model.weights.weight.value.data_mut()[..2].fill(0.0); // padding
    let logits = model.infer(&tokens(&[2, 3, 3, 2, 0, 0, 3, 2, 0, 0, 0, 0], 2)).to_vec();
    // Two terms in either order: the same sum to the bit.
    assert_eq!(logits[..2], logits[2..]);
    let weights = model.weights.weight.value.to_vec();
    assert_eq!(logits[..2], [weights[4] + weights[6], weights[5] + weights[7]]);
}

#[test]
fn gradients_agree_with_the_formula() {
    // d logits[b, c] / d W[w, c] is 1 if w occurs in text b: the gradient of a word is the sum over its texts.
    let mut model = BagOfWords::new(5, 2);
    let texts = tokens(&[2, 3, 3, 4, 4, 4], 2);
    let logits = model.forward(&texts);
    assert_eq!(logits.to_vec(), model.infer(&texts).to_vec());
    model.backward(Tensor::from_slice(&[1.0, 2.0, 10.0, 20.0], [2, 2]));
    assert_eq!(model.bias.grad.to_vec(), [11.0, 22.0]);
    assert_eq!(model.weights.weight.grad.to_vec(), [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0, 2.0, 10.0, 20.0]);
}
