//! A task for which words must look at each other: `cargo run --release -p ch20_transformer --example negation`.
//!
//! Texts of 12 tokens hold GOOD, BAD and NOT once each, among others, and NOT stands right before one of the two. The class
//! is praise if BAD is what is negated. Both classes hold the same words. Five models: a bag of words; words with their places,
//! but without attention; an encoder without positions; an encoder; and the same one with smaller first weights.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch20_transformer::{EncoderClassifier, EncoderConfig, Pooling};

const TIME: usize = 12;
const WORDS: usize = 20;
const BATCH: usize = 64;
const STEPS: u64 = 700;
const EVERY: u64 = 50;
const TEST: usize = 1000;
const SEEDS: u64 = 3;

// ANCHOR: task
/// Texts with NOT (token 0), GOOD (1) and BAD (2), and whether NOT stands before BAD (1) or before GOOD (0).
fn texts(count: usize, rng: &mut Rng) -> (Tokens, Array<i64>) {
    let mut ids = Array::from_fn([count, TIME], |_| 3 + rng.below(WORDS - 3) as i64);
    let labels = Array::from_fn([count], |at| {
        let not = rng.below(TIME - 1);
        // Any place but the two that are taken.
        let free = rng.below(TIME - 2);
        let other = if free < not { free } else { free + 2 };
        let praise = rng.below(2) as i64;
        ids[[at[0], not]] = 0;
        ids[[at[0], not + 1]] = 1 + praise;
        ids[[at[0], other]] = 2 - praise;
        praise
    });
    (Tokens { ids, mask: Array::full([count, TIME], true) }, labels)
}
// ANCHOR_END: task

/// Test accuracy after every 50 steps of training with new texts in each. Without blocks the model is a last norm for each token
/// by itself, the mean, and the head.
fn train(layers: usize, positions: bool, init_std: f64, seed: u64) -> Vec<f64> {
    let config = EncoderConfig {
        vocabulary: WORDS,
        max_tokens: TIME,
        size: 32,
        heads: 4,
        layers,
        feed_forward: 64,
        dropout: 0.0,
        init_std,
        classes: 2,
        pooling: Pooling::Mean,
    };
    let mut model = EncoderClassifier::new(&config, &mut Rng::new(seed, "weights"));
    if !positions {
        let table = &mut model.encoder.positions.weight;
        table.value = table.value.zeros_like();
        table.frozen = true;
    }
    let (mut optimizer, criterion) = (AdamW::new(), CrossEntropy::<f32>::default());
    let mut rng = Rng::new(seed, "texts");
    let (test, answers) = texts(TEST, &mut Rng::new(seed, "test"));
    let accuracy = |model: &EncoderClassifier| {
        let guesses = model.infer(&test).argmax(1, false);
        guesses.iter().zip(answers.iter()).filter(|(guess, answer)| guess == answer).count() as f64
            / TEST as f64
    };
    let mut curve = vec![accuracy(&model)];
    for step in 1..=STEPS {
        let (input, labels) = texts(BATCH, &mut rng);
        zero_grad(&mut model);
        let logits = model.forward(&input);
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 2e-3);
        if step % EVERY == 0 {
            curve.push(accuracy(&model));
        }
    }
    curve
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch20_negation");
    record.seed(0).number("seeds", SEEDS as f64).number("steps", STEPS as f64).number("time", TIME as f64);
    let steps: Vec<f64> = (0..=STEPS / EVERY).map(|i| (i * EVERY) as f64).collect();
    let mut series = Vec::new();
    for (key, name, layers, positions, init_std) in [
        ("bag", "bag of words", 0, false, 0.1),
        ("places", "words and places, no attention", 0, true, 0.1),
        ("encoder_no_positions", "encoder, no positions", 2, false, 0.1),
        ("encoder_small_start", "encoder, first weights of 0.02", 2, true, 0.02),
        ("encoder", "encoder", 2, true, 0.1),
    ] {
        let runs: Vec<Vec<f64>> = (0..SEEDS).map(|seed| train(layers, positions, init_std, seed)).collect();
        let last: Vec<f64> = runs.iter().map(|run| run[run.len() - 1]).collect();
        let mean = |at: usize| runs.iter().map(|run| run[at]).sum::<f64>() / SEEDS as f64;
        let (low, high) = last.iter().fold((1.0f64, 0.0f64), |(low, high), &x| (low.min(x), high.max(x)));
        println!("{name:32} {:.3} ({low:.3} to {high:.3})", mean(steps.len() - 1));
        record
            .number(key, mean(steps.len() - 1))
            .number(&format!("{key}_low"), low)
            .number(&format!("{key}_high"), high);
        let curve: Vec<f64> = (0..steps.len()).map(mean).collect();
        series.push(Series::of_pairs(name, &steps, &curve));
    }
    let path = record.figure_path("ch20_negation");
    figure::lines(&path, "What is negated?", "step", "test accuracy", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
