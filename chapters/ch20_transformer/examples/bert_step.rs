//! How long a training step of BERT takes: `cargo run --release -p ch20_transformer --example bert_step -- SIZES`.
//!
//! SIZES are `minilm` (a classifier on 6 blocks of 384 features, 32 texts of 256 tokens), or those of a masked language
//! model: `SIZE LAYERS VOCABULARY BATCH TOKENS`. All tokens are real. `--seconds 20` for longer than the 6 seconds.

use std::time::Instant;

use ch00_start::measure::{median, peak_memory};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch07_modules::count_parameters;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch20_transformer::{Bert, BertClassifier, BertConfig, MaskedLm, MaskedTokens, Pooling};

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut seconds = 6.0;
    if let Some(at) = arguments.iter().position(|argument| argument == "--seconds") {
        seconds = arguments.get(at + 1).and_then(|text| text.parse().ok()).unwrap_or(seconds);
        arguments.drain(at..arguments.len().min(at + 2));
    }
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let mut rng = Rng::new(0, "step");
    match numbers.as_slice() {
        &[size, layers, vocabulary, batch, time] => {
            let (heads, feed_forward) = (size.div_ceil(64).max(1), 4 * size);
            let sizes = BertConfig { size, layers, vocabulary, heads, feed_forward, ..BertConfig::default() };
            let config = BertConfig { max_tokens: time, segments: 0, ..sizes };
            let tokens = tokens(batch, time, vocabulary, &mut rng);
            // Every seventh word is asked for: 14 %.
            let count = batch * time / 7;
            let places = Array::from_fn([count], |at| 7 * at[0] as i64);
            let labels = Array::from_fn([count], |_| rng.below(vocabulary) as i64);
            let model = MaskedLm::new(&config, &mut rng);
            time_steps(model, MaskedTokens { tokens, places }, labels, batch * time, seconds);
        }
        _ => {
            let sizes =
                BertConfig { size: 384, layers: 6, heads: 12, feed_forward: 1536, ..BertConfig::default() };
            let bert = Bert::new(&sizes, &mut rng);
            let model = BertClassifier::new(bert, None, Pooling::Mean, 2, 0.1, &mut rng);
            let tokens = tokens(32, 256, sizes.vocabulary, &mut rng);
            let labels = Array::from_fn([32], |_| rng.below(2) as i64);
            time_steps(model, tokens, labels, 32 * 256, seconds);
        }
    }
}

fn tokens(batch: usize, time: usize, vocabulary: usize, rng: &mut Rng) -> Tokens {
    let ids = Array::from_fn([batch, time], |_| rng.below(vocabulary) as i64);
    Tokens { ids, mask: Array::full([batch, time], true) }
}

/// Steps on one batch for this long; prints the median.
fn time_steps<M: Classifier>(mut model: M, input: M::Input, labels: Array<i64>, tokens: usize, seconds: f64) {
    let (mut optimizer, criterion) = (AdamW::new(), CrossEntropy::<f32>::default());
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 4 || start.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        zero_grad(&mut model);
        let logits = model.forward(&input);
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 1e-4);
        times.push(begin.elapsed().as_secs_f64());
    }
    let step = median(&times[1..]);
    let rate = tokens as f64 / step;
    println!(
        "{} parameters: {:.0} ms for {tokens} tokens, {rate:.0} tokens/s; peak {:.0} MB",
        count_parameters(&mut model),
        step * 1e3,
        peak_memory().unwrap_or(f64::NAN)
    );
}
