//! A training step of the encoder, one of GPT and one of a masked language model ask the system for no memory once it has warmed up.
//!
//! The matrixmultiply crate, which multiplies here, packs its operands into memory of its own and is left out.

use ch00_start::allocations::{self, Counting};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::in_fallback;
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch20_transformer::{
    BertConfig, EncoderClassifier, EncoderConfig, Gpt, GptConfig, MaskedLm, MaskedTokens,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting::but(in_fallback);

#[test]
fn a_training_step_allocates_nothing_after_warm_up() {
    let mut rng = Rng::new(0, "allocations");
    // Large enough that attention, norms, dropout and products are cut into tasks for two threads.
    let config = EncoderConfig {
        vocabulary: 500,
        max_tokens: 64,
        size: 64,
        feed_forward: 256,
        layers: 2,
        ..EncoderConfig::default()
    };
    let mut model = EncoderClassifier::new(&config, &mut rng);
    let mut optimizer = AdamW::new();
    let ids = Array::from_fn([16, 64], |_| rng.below(500) as i64);
    // Some texts end early, and one has a gap, so that keys are hidden in both ways.
    let mask = Array::from_fn([16, 64], |at| at[1] < 64 - at[0] && (at[0] != 3 || at[1] != 5));
    let input = Tokens { ids, mask };
    let labels = Array::<i64>::from_fn([16], |i| i[0] as i64 % 2);
    let loss = CrossEntropy::default();

    let sizes =
        GptConfig { vocabulary: 65, max_tokens: 64, size: 64, heads: 4, layers: 2, ..GptConfig::default() };
    let mut gpt = Gpt::new(&GptConfig { feed_forward: 256, dropout: 0.1, ..sizes }, &mut rng);
    let next = Array::from_fn([16 * 64], |_| rng.below(65) as i64);
    let tokens = next.clone().reshape([16, 64]);
    let mut gpt_optimizer = AdamW::new();

    let sizes = BertConfig {
        vocabulary: 500,
        max_tokens: 64,
        size: 64,
        heads: 4,
        layers: 1,
        ..BertConfig::default()
    };
    let mut lm = MaskedLm::new(&BertConfig { feed_forward: 256, ..sizes }, &mut rng);
    let places = Array::from_fn([150], |at| at[0] as i64 * 6);
    let holes = MaskedTokens { tokens: input.clone(), places };
    let words = Array::from_fn([150], |_| rng.below(500) as i64);
    let mut lm_optimizer = AdamW::new();

    let threads = allocations::threads(2);
    // Each thread keeps the path of its layers in a list of its own, made at first use.
    threads.broadcast(|_| drop(ch01_tensors::context::enter("warm-up")));
    allocations::assert_none_after_warm_up(&threads, || {
        zero_grad(&mut model);
        let y = model.forward(&input);
        model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
        optimizer.step(&mut model, 1e-3);

        zero_grad(&mut gpt);
        let y = gpt.forward(&tokens);
        gpt.backward(loss.backward(&Tensor::scalar(1.0), &y, &next));
        gpt_optimizer.step(&mut gpt, 1e-3);

        zero_grad(&mut lm);
        let y = lm.forward(&holes);
        lm.backward(loss.backward(&Tensor::scalar(1.0), &y, &words));
        lm_optimizer.step(&mut lm, 1e-3);
    });
}
