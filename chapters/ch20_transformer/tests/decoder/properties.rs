//! Laws of the decoder side, and f32 against f64.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Param, Role, for_each_param, zero_grad};
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::{Dataset, Loader, TokenWindows};
use ch14_training::evaluate;
use ch19_attention::Mask;
use ch20_transformer::{
    Gpt, GptConfig, Llama, LlamaBlock, LlamaConfig, SwiGlu, tied_logits, tied_logits_backward,
};

use super::{assert_close, assert_same_gradients, spread};

/// Linear in the values: twice the weights of `up_proj` give twice the output, and so do those of `down_proj`.
#[test]
fn property_swi_glu_is_linear_in_values_and_works_on_each_token_alone() {
    let layer = SwiGlu::new(6, 9, &mut Rng::new(0, "weights")).to_f64();
    let x: Array<f64> = Array::normal([2, 3, 6], 0.0, 1.0, &mut Rng::new(1, "input"));
    let y = layer.infer(x.clone());
    for name in ["up_proj.weight", "down_proj.weight"] {
        let mut twice = layer.to_f64();
        for_each_param(&mut twice, |path, param| {
            if path.to_string() == name {
                param.value = param.value.clone() * 2.0;
            }
        });
        assert_eq!(twice.infer(x.clone()).to_vec(), (y.clone() * 2.0).to_vec(), "{name}");
    }
    let one = layer.infer(x.slice((1.., 2..)).contiguous());
    let whole = y.slice((1.., 2..)).contiguous();
    // Sums may be taken in another order for another number of rows.
    one.iter().zip(whole.iter()).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} alone, {b} together"));
}

#[test]
fn fast_swi_glu_against_plain() {
    let mut fast = SwiGlu::new(24, 64, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let x = Tensor::normal([4, 9, 24], 0.0, 1.0, &mut Rng::new(1, "input"));
    assert_close("forward", &fast.forward(x.clone()), &plain.forward(x.to_f64()));
    assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_tied_logits_against_plain() {
    let draw = |shape: &[usize], seed| Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "head"));
    let (x, g) = (draw(&[3, 7, 24], 0), draw(&[21, 65], 1));
    let mut fast = Param::new(draw(&[65, 24], 2), Role::Embedding);
    let mut plain = fast.to_f64();
    assert_close("logits", &tied_logits(&x, &fast.value), &tied_logits(&x.to_f64(), &plain.value));
    let dx = tied_logits_backward(&g, &x, &mut fast);
    assert_close("vectors", &dx, &tied_logits_backward(&g.to_f64(), &x.to_f64(), &mut plain));
    assert_close("table", &fast.grad, &plain.grad);
}

/// Forward and backward belong to one matrix: <x Eᵀ, g> = <x, g E> = <E, gᵀ x>.
#[test]
fn property_tied_logits_is_adjoint() {
    let draw = |shape: &[usize], seed| Array::<f64>::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "head"));
    let (x, g) = (draw(&[2, 3, 4], 0), draw(&[6, 5], 1));
    let mut table = Param::new(draw(&[5, 4], 2), Role::Embedding);
    let left = (tied_logits(&x, &table.value) * &g).sum_all();
    let dx = tied_logits_backward(&g, &x, &mut table);
    for right in [(dx * &x).sum_all(), (table.grad * &table.value).sum_all()] {
        // Sums of some dozen products of order 1.
        assert!((left - right).abs() < 1e-12, "{left} and {right}");
    }
}

pub fn small() -> GptConfig {
    GptConfig {
        vocabulary: 13,
        max_tokens: 12,
        size: 16,
        heads: 4,
        layers: 2,
        feed_forward: 32,
        ..GptConfig::default()
    }
}

pub fn draw_ids(shape: [usize; 2], vocabulary: usize, seed: u64) -> Array<i64> {
    let mut rng = Rng::new(seed, "tokens");
    Array::from_fn(shape, |_| rng.below(vocabulary) as i64)
}

#[test]
fn fast_gpt_against_plain() {
    let mut fast = Gpt::new(&small(), &mut Rng::new(0, "weights"));
    spread(&mut fast, 1);
    let mut plain = fast.to_f64();
    let ids = draw_ids([3, 11], 13, 2);
    assert_close("infer", &fast.infer(&ids), &plain.infer(&ids));
    assert_close("forward", &fast.forward(&ids), &plain.forward(&ids));
    let grad = Tensor::normal([33, 13], 0.0, 1.0, &mut Rng::new(3, "grad"));
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

/// What comes after a place changes nothing there, to the last bit; and what stands there or before does.
fn assert_causal(infer: impl Fn(&Array<i64>) -> Array<f64>, vocabulary: i64) {
    let ids = draw_ids([2, 9], vocabulary as usize, 4);
    let before = infer(&ids);
    for place in 0..9 {
        let changed =
            Array::from_fn([2, 9], |at| (ids[[at[0], at[1]]] + i64::from(at[1] == place)) % vocabulary);
        let after = infer(&changed);
        for row in 0..2 * 9 {
            let same = before.slice(row).to_vec() == after.slice(row).to_vec();
            assert_eq!(same, row % 9 < place, "token {place} changed, logits of place {}", row % 9);
        }
    }
}

#[test]
fn property_gpt_does_not_see_the_future() {
    let mut model = Gpt::new(&small(), &mut Rng::new(0, "weights")).to_f64();
    spread(&mut model, 5);
    assert_causal(|ids| model.infer(ids), 13);
}

/// Twelve tokens in a circle: after a few steps the model knows what follows. Each weight moves; the loss of a random guess
/// is ln 13 = 2.56.
#[test]
fn a_gpt_learns_and_evaluate_counts_every_token() {
    let mut model = Gpt::new(&small(), &mut Rng::new(0, "weights"));
    let mut before = Vec::new();
    for_each_param(&mut model, |_, param| before.push(param.value.clone()));
    let stream: Vec<u32> = (0..200).map(|i| i * 5 % 12).collect();
    let set = TokenWindows::new(stream, 8);
    let mut optimizer = AdamW::new();
    let loss = CrossEntropy::<f32>::default();
    let loader = Loader::new(Arc::new(set.clone().shifted()), 4).shuffle(true);
    for batch in (0..8).flat_map(|epoch| loader.epoch(epoch, 0)) {
        zero_grad(&mut model);
        let logits = model.forward(&batch.input);
        model.backward(loss.backward(&Tensor::scalar(1.0), &logits, &batch.labels));
        optimizer.step(&mut model, 1e-2);
    }
    let mut before = before.iter();
    for_each_param(&mut model, |path, param| {
        assert!(param.value != *before.next().unwrap(), "{path} did not move");
    });
    // 24 windows in batches of 5, so that the last is short.
    let loader = Loader::new(Arc::new(set.clone()), 5);
    let evaluation = evaluate(&model, &loader);
    let whole = set.batch(&(0..24).collect::<Vec<_>>(), &mut Rng::new(0, "unused"));
    assert_eq!(evaluation.labels, whole.labels.to_vec());
    let logits = model.infer(&whole.input);
    let mean = f64::from(loss.forward(&logits, &whole.labels).item());
    assert!((evaluation.loss - mean).abs() < 1e-5 * mean, "{} and {mean}", evaluation.loss);
    assert!(mean < 1.0, "the loss is {mean}");
}

pub fn small_llama(tied: bool) -> LlamaConfig {
    LlamaConfig {
        vocabulary: 13,
        max_tokens: 12,
        size: 16,
        heads: 4,
        kv_heads: 2,
        head_size: 4,
        layers: 2,
        feed_forward: 20,
        tied,
        ..LlamaConfig::default()
    }
}

#[test]
fn fast_llama_against_plain() {
    for tied in [true, false] {
        let mut fast = Llama::new(&small_llama(tied), &mut Rng::new(0, "weights"));
        spread(&mut fast, 1);
        let mut plain = fast.to_f64();
        let ids = draw_ids([3, 11], 13, 2);
        assert_close("infer", &fast.infer(&ids), &plain.infer(&ids));
        assert_close("forward", &fast.forward(&ids), &plain.forward(&ids));
        let grad = Tensor::normal([33, 13], 0.0, 1.0, &mut Rng::new(3, "grad"));
        fast.backward(grad.clone());
        plain.backward(grad.to_f64());
        assert_same_gradients(&mut fast, &mut plain);
    }
}

#[test]
fn property_llama_does_not_see_the_future() {
    let mut model = Llama::new(&small_llama(false), &mut Rng::new(0, "weights")).to_f64();
    spread(&mut model, 5);
    assert_causal(|ids| model.infer(ids), 13);
}

#[test]
fn fast_llama_block_against_plain() {
    let config = LlamaConfig { size: 24, heads: 6, head_size: 4, feed_forward: 40, ..small_llama(true) };
    let mut fast = LlamaBlock::new(&config, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let x = Tensor::normal([4, 37, 24], 0.0, 1.0, &mut Rng::new(1, "input"));
    assert_close(
        "forward",
        &fast.forward(x.clone(), &Mask::CAUSAL),
        &plain.forward(x.to_f64(), &Mask::CAUSAL),
    );
    assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
    assert_same_gradients(&mut fast, &mut plain);
}

/// Rotary positions act on scores alone: where all tokens are alike, so are all values, whatever the weights, and every
/// place gets the same.
#[test]
fn property_llama_block_gives_equal_tokens_equal_vectors() {
    let block = LlamaBlock::new(&small_llama(true), &mut Rng::new(0, "weights")).to_f64();
    let one = Array::<f64>::normal([1, 1, 16], 0.0, 1.0, &mut Rng::new(1, "input"));
    let y = block.infer(one.repeat(9, 1), &Mask::CAUSAL);
    for place in 1..9 {
        for feature in 0..16 {
            let (first, here) = (y[[0, 0, feature]], y[[0, place, feature]]);
            // Means of up to nine equal numbers.
            assert!((first - here).abs() < 1e-13, "place {place}: {first} and {here}");
        }
    }
}
