//! Checks exercise e01_bag_of_words.

#[allow(unused)]
#[path = "../exercises/e01_bag_of_words.rs"]
mod bag_of_words;

use bag_of_words::{BagOfWords, distinct};
use ch00_start::check::close;
use ch01_tensors::{Array, Tensor};
use ch13_data::Tokens;
use ch14_training::Classifier;

/// Two texts: 2 3 3 2, and 3 4 4 with a padding.
fn texts() -> Tokens {
    let ids = Array::from([[2i64, 3, 3, 2], [3, 4, 4, 0]]);
    Tokens { mask: ids.map_to(|id| id != 0), ids }
}

/// Word 2 has the weights 1 and 10, word 3 has 100 and 1000, word 4 has 0.5 and 0.25; the bias is 7 and 8.
fn model() -> BagOfWords {
    let mut model = BagOfWords::new(5, 2);
    model.weights.weight.value =
        Tensor::from([[0.0, 0.0], [0.0, 0.0], [1.0, 10.0], [100.0, 1000.0], [0.5, 0.25]]);
    model.bias.value = Tensor::from_slice(&[7.0, 8.0], [2]);
    model
}

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_f64().to_vec()
}

#[test]
fn a_word_counts_once_in_each_text() {
    let got: Vec<f64> = distinct(&texts().ids).iter().map(|id| id as f64).collect();
    let mistakes: [(&str, &[f64]); 2] = [
        ("a word of the text before counts as seen", &[2.0, 3.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0]),
        ("repeated words were kept", &[2.0, 3.0, 3.0, 2.0, 3.0, 4.0, 4.0, 0.0]),
    ];
    close("distinct", &got, &[2.0, 3.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0], 0.0, &mistakes);
}

#[test]
fn the_logits_are_sums_over_the_words() {
    let mistakes: [(&str, &[f64]); 2] = [
        ("the bias is missing", &[101.0, 1010.0, 100.5, 1000.25]),
        ("the mean over the text instead of the sum", &[32.25, 260.5, 32.125, 258.0625]),
    ];
    let logits = numbers(&model().forward(&texts()));
    close("forward", &logits, &[108.0, 1018.0, 107.5, 1008.25], 1e-3, &mistakes);
}

#[test]
fn every_word_gets_the_gradient_of_its_texts() {
    let mut model = model();
    model.forward(&texts());
    model.backward(Tensor::from([[1.0, 2.0], [10.0, 20.0]]));
    let mistakes: [(&str, &[f64]); 1] = [("it was replaced by the last text's", &[10.0, 20.0])];
    close("gradient of the bias", &numbers(&model.bias.grad), &[11.0, 22.0], 1e-6, &mistakes);
    let want = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 11.0, 22.0, 10.0, 20.0];
    let mistakes: [(&str, &[f64]); 1] =
        [("it was divided by the length of the text", &[0.0, 0.0, 0.0, 0.0, 0.25, 0.5, 2.75, 5.5, 2.5, 5.0])];
    close("gradient of the words", &numbers(&model.weights.weight.grad), &want, 1e-6, &mistakes);
}
