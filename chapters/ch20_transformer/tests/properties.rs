//! Laws of the encoder, f32 against f64, threads, allocations, and that it learns what needs an order.

#[path = "bert/properties.rs"]
mod bert;

#[path = "bert/tasks.rs"]
mod bert_tasks;

#[path = "decoder/properties.rs"]
mod decoder;

#[path = "decoder/generation.rs"]
mod generation;

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Module, for_each_param, zero_grad};
use ch07_modules::{load_state_dict, state_dict};
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::Tokens;
use ch19_attention::Mask;
use ch20_transformer::{Block, EncoderClassifier, EncoderConfig, FeedForward, Pooling};

fn config(pooling: Pooling, dropout: f64) -> EncoderConfig {
    EncoderConfig {
        vocabulary: 20,
        max_tokens: 16,
        size: 16,
        heads: 4,
        layers: 2,
        feed_forward: 32,
        dropout,
        init_std: 0.1,
        classes: 3,
        pooling,
    }
}

fn tokens(batch: usize, time: usize, seed: u64) -> Tokens {
    let mut rng = Rng::new(seed, "tokens");
    let lengths: Vec<usize> = (0..batch).map(|b| if b == 0 { time } else { 1 + rng.below(time) }).collect();
    let ids = Array::from_fn([batch, time], |_| rng.below(20) as i64);
    Tokens { ids, mask: Array::from_fn([batch, time], |at| at[1] < lengths[at[0]]) }
}

/// Gives every parameter numbers of ordinary size: first weights are so small that little can be seen.
fn spread<T: ch01_tensors::Float>(module: &mut dyn Module<T>, seed: u64) {
    let mut rng = Rng::new(seed, "spread");
    for_each_param(module, |_, param| param.value = Array::normal(*param.value.shape(), 0.0, 0.5, &mut rng));
}

/// f32 against f64: relative to the largest value, since sums cancel. Two blocks of a few hundred roundings each.
#[track_caller]
fn assert_close(what: &str, fast: &Tensor, plain: &Array<f64>) {
    assert_eq!(fast.shape(), plain.shape(), "{what}: shapes");
    let scale = plain.iter().fold(1e-3, |largest: f64, x| largest.max(x.abs()));
    for (i, (a, b)) in fast.iter().zip(plain.iter()).enumerate() {
        assert!((f64::from(a) - b).abs() <= 1e-4 * scale, "{what}, element {i}: f32 {a}, f64 {b}");
    }
}

#[track_caller]
fn assert_same_gradients(fast: &mut dyn Module, plain: &mut dyn Module<f64>) {
    let mut gradients = Vec::new();
    for_each_param(plain, |_, param| gradients.push(param.grad.clone()));
    let mut gradients = gradients.iter();
    for_each_param(fast, |path, param| {
        assert_close(&path.to_string(), &param.grad, gradients.next().unwrap());
    });
}

#[test]
fn fast_feed_forward_against_plain() {
    let mut fast = FeedForward::new(24, 96, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let x = Tensor::normal([4, 9, 24], 0.0, 1.0, &mut Rng::new(1, "input"));
    assert_close("forward", &fast.forward(x.clone()), &plain.forward(x.to_f64()));
    assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_block_against_plain() {
    for (seed, causal) in [(0, false), (1, true)] {
        let mut fast = Block::new(24, 3, 48, 0.0, &mut Rng::new(seed, "weights"));
        let mut plain = fast.to_f64();
        let padding = tokens(4, 37, seed).mask;
        let mask = Mask { causal, padding: Some(&padding) };
        let x = Tensor::normal([4, 37, 24], 0.0, 1.0, &mut Rng::new(seed, "input"));
        assert_close("forward", &fast.forward(x.clone(), &mask), &plain.forward(x.to_f64(), &mask));
        assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
        assert_same_gradients(&mut fast, &mut plain);
    }
}

#[test]
fn fast_encoder_classifier_against_plain() {
    for pooling in [Pooling::Mean, Pooling::Cls] {
        let mut fast = EncoderClassifier::new(&config(pooling, 0.0), &mut Rng::new(0, "weights"));
        spread(&mut fast, 1);
        let mut plain = fast.to_f64();
        let input = tokens(6, 13, 2);
        assert_close("infer", &fast.infer(&input), &plain.infer(&input));
        assert_close("forward", &fast.forward(&input), &plain.forward(&input));
        let grad = Tensor::normal([6, 3], 0.0, 1.0, &mut Rng::new(3, "grad"));
        fast.backward(grad.clone());
        plain.backward(grad.to_f64());
        assert_same_gradients(&mut fast, &mut plain);
    }
}

/// Tokens behind the end of a text change neither its logits nor any gradient, whatever they are.
#[test]
fn property_encoder_classifier_ignores_padding() {
    for pooling in [Pooling::Mean, Pooling::Cls] {
        let mut model = EncoderClassifier::new(&config(pooling, 0.0), &mut Rng::new(0, "weights")).to_f64();
        spread(&mut model, 4);
        let short = tokens(3, 7, 5);
        let extra = Array::full([3, 6], 19i64);
        let long = Tokens {
            ids: Array::concat(&[&short.ids, &extra], 1),
            mask: Array::concat(&[&short.mask, &Array::full([3, 6], false)], 1),
        };
        let mut run = |input: &Tokens| {
            zero_grad(&mut model);
            let logits = model.forward(input);
            model.backward(Array::normal([3, 3], 0.0, 1.0, &mut Rng::new(6, "grad")));
            let mut numbers = logits.to_vec();
            for_each_param(&mut model, |_, param| numbers.extend(param.grad.iter()));
            numbers
        };
        let (a, b) = (run(&short), run(&long));
        let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-11, "padding changes something by {off}");
    }
}

/// Blocks do not know the order of tokens; only positions do.
#[test]
fn property_block_permutes() {
    let block = Block::new(6, 2, 8, 0.0, &mut Rng::new(0, "weights")).to_f64();
    let x = Array::normal([2, 5, 6], 0.0, 1.0, &mut Rng::new(1, "input"));
    let order = Array::from([3i64, 0, 4, 2, 1]);
    let a = block.infer(x.index_select(1, &order), &Mask::NONE);
    let b = block.infer(x, &Mask::NONE).index_select(1, &order);
    let off = a.iter().zip(b.iter()).map(|(a, b): (f64, f64)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < 1e-12, "off by {off}");
}

#[test]
fn property_feed_forward_works_on_each_token() {
    let layer = FeedForward::new(4, 6, &mut Rng::new(0, "weights")).to_f64();
    let x = Array::normal([2, 3, 4], 0.0, 1.0, &mut Rng::new(1, "input"));
    let whole = layer.infer(x.clone());
    for b in 0..2 {
        for t in 0..3 {
            let off = (layer.infer(x.slice((b, t)).unsqueeze(0)) - &whole.slice((b, t))).abs().sum_all();
            assert!(off < 1e-12, "token {t} of text {b} is off by {off}");
        }
    }
}

/// Whether a 1 comes before a 2 among other tokens: the same words in both classes, so that their counts say nothing.
fn ordered(count: usize, seed: u64) -> (Tokens, Array<i64>) {
    let mut rng = Rng::new(seed, "order");
    let labels = Array::from_fn([count], |_| rng.below(2) as i64);
    let mut ids = Array::from_fn([count, 8], |_| 3 + rng.below(5) as i64);
    for b in 0..count {
        let (first, second) = (rng.below(4), 4 + rng.below(4));
        let [early, late] = if labels[[b]] == 1 { [1, 2] } else { [2, 1] };
        ids[[b, first]] = early;
        ids[[b, second]] = late;
    }
    (Tokens { ids, mask: Array::full([count, 8], true) }, labels)
}

/// A few steps of training; the losses.
fn train(model: &mut EncoderClassifier, steps: u64, batch: usize) -> Vec<f32> {
    let mut optimizer = AdamW::new();
    let criterion = CrossEntropy::<f32>::default();
    (0..steps)
        .map(|step| {
            let (input, labels) = ordered(batch, step);
            zero_grad(model);
            let logits = model.forward(&input);
            let loss = criterion.forward(&logits, &labels).item();
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            optimizer.step(model, 3e-3);
            loss
        })
        .collect()
}

#[test]
fn it_learns_the_order_of_words_and_every_weight_moves() {
    let config = EncoderConfig { classes: 2, ..config(Pooling::Mean, 0.1) };
    let mut model = EncoderClassifier::new(&config, &mut Rng::new(0, "weights"));
    let before = state_dict(&mut model);
    train(&mut model, 300, 32);
    let after = state_dict(&mut model);
    for (name, value) in &before {
        assert!(after[name] != *value, "{name} did not move");
    }
    let (input, labels) = ordered(500, 1_000_000);
    let guesses = model.infer(&input).argmax(1, false);
    let right = guesses.iter().zip(labels.iter()).filter(|(guess, label)| guess == label).count();
    // A coin gets 250 with a spread of 11; a bag of words can do no better.
    assert!(right > 450, "{right} of 500 right");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let config = EncoderConfig { size: 64, feed_forward: 256, ..config(Pooling::Mean, 0.1) };
            let mut model = EncoderClassifier::new(&config, &mut Rng::new(0, "weights"));
            let losses = train(&mut model, 3, 128);
            let mut bits: Vec<u32> = losses.iter().map(|loss| loss.to_bits()).collect();
            for_each_param(&mut model, |_, param| bits.extend(param.value.iter().map(f32::to_bits)));
            bits
        })
    };
    let one = run(1);
    for threads in [2, 5] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn a_model_is_saved_and_loaded_by_name() {
    let mut model = EncoderClassifier::new(&config(Pooling::Cls, 0.0), &mut Rng::new(0, "weights"));
    let mut other = EncoderClassifier::new(&config(Pooling::Cls, 0.0), &mut Rng::new(1, "weights"));
    let input = tokens(2, 5, 0);
    assert!(model.infer(&input) != other.infer(&input));
    let state = state_dict(&mut model);
    assert!(state.contains_key("encoder.blocks.1.attention.qkv.weight"), "{:?}", state.keys());
    load_state_dict(&mut other, &state).unwrap();
    assert_eq!(model.infer(&input), other.infer(&input));
}

#[test]
#[should_panic(expected = "encoder.embedding: LearnedPositions: input [1, 17, 16] for a table of [16, 16]")]
fn a_text_that_is_too_long_is_refused() {
    let model = EncoderClassifier::new(&config(Pooling::Mean, 0.0), &mut Rng::new(0, "weights"));
    model.infer(&tokens(1, 17, 0));
}

#[test]
#[should_panic(expected = "EncoderClassifier::backward: no forward call to go back through")]
fn backward_needs_a_forward() {
    EncoderClassifier::new(&config(Pooling::Mean, 0.0), &mut Rng::new(0, "weights"))
        .backward(Tensor::ones([1, 3]));
}
