//! Small tasks that BERT and its heads learn; encoder and decoder together.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch07_modules::state_dict;
use ch09_optimizers::{AdamW, Optimizer};
use ch10_schedules::Constant;
use ch13_data::{Loader, Tokens};
use ch14_training::{Classifier, Monitor, RunDir, Settings, Trainer};
use ch20_transformer::{
    Bert, CrossBlock, EncoderConfig, EncoderDecoder, EncoderDecoderConfig, MaskedLm, MaskedTexts, Pairs,
    SpanFinder, TokenTagger, best_span,
};

use super::bert::{config, masking, normal};
use super::{assert_close, assert_same_gradients, spread, tokens};

/// Texts over 2..20 in which every word is followed by the next one, so that a hole can be filled from either side.
fn counting(count: usize) -> Vec<Vec<u32>> {
    let mut rng = Rng::new(4, "counting");
    let text = |_| {
        let start = rng.below(18) as u32;
        (0..12).map(|at| 2 + (start + at) % 18).collect()
    };
    (0..count).map(text).collect()
}

/// The trainer of chapter 14 pretrains: it sees a classifier with as many questions per batch as there are.
#[test]
fn the_trainer_pretrains_a_masked_language_model() {
    let data = Arc::new(MaskedTexts::new(counting(256), 16, masking()));
    let train = Loader::new(data.clone(), 16).seed(0).shuffle(true);
    let valid = Loader::new(data, 64).seed(1);
    let mut model = MaskedLm::new(&config(0, 0.0), &mut Rng::new(0, "weights"));
    let folder = std::env::temp_dir().join(format!("gradus-ch20-pretrain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let settings = Settings { epochs: 30, monitor: Monitor::Loss, quiet: true, ..Settings::default() };
    let mut trainer = Trainer::new(settings, Box::new(Constant(3e-3)), Box::new(AdamW::new()));
    let history =
        trainer.fit(&mut model, &train, &valid, &RunDir::create(folder.join("run")).unwrap(), false).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let last = history.epochs.last().unwrap();
    // By chance 1 in 18 is right.
    assert!(last.valid_accuracy > 0.5, "{} of the holes are filled right", last.valid_accuracy);
}

/// Trains with new examples in each step; every weight has to move.
fn train<M: Classifier>(model: &mut M, steps: u64, mut batch: impl FnMut(u64) -> (M::Input, Array<i64>)) {
    let before = state_dict(model);
    let (mut optimizer, criterion) = (AdamW::new(), CrossEntropy::<f32>::default());
    for step in 0..steps {
        let (input, labels) = batch(step);
        zero_grad(model);
        let logits = model.forward(&input);
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
        optimizer.step(model, 4e-3);
    }
    let after = state_dict(model);
    for (name, value) in &before {
        assert!(after[name] != *value, "{name} did not move");
    }
}

/// Tag each token: 1 if the token before it is an article (2 or 3), 0 otherwise. A token alone does not say it.
fn tagged(step: u64) -> (Tokens, Array<i64>) {
    let input = tokens(16, 10, 1000 + step);
    let mut labels = Vec::new();
    for text in 0..16 {
        for at in (0..10).filter(|&at| input.mask[[text, at]]) {
            labels.push(i64::from(at > 0 && [2, 3].contains(&input.ids[[text, at - 1]])));
        }
    }
    let count = labels.len();
    (input, Array::from_fn([count], |at| labels[at[0]]))
}

#[test]
fn a_tagger_learns_to_look_at_its_neighbour() {
    let mut rng = Rng::new(0, "weights");
    let mut model = TokenTagger::new(Bert::new(&config(0, 0.0), &mut rng), 2, 0.0, &mut rng);
    train(&mut model, 250, tagged);
    let (input, labels) = tagged(1_000_000);
    let guesses = model.infer(&input).argmax(1, false);
    let right = guesses.iter().zip(labels.iter()).filter(|(guess, label)| guess == label).count();
    // One token in ten is tagged: always saying 0 gets 90 %.
    assert!(right as f64 > 0.97 * labels.size() as f64, "{right} of {} right", labels.size());
}

/// The answer stands between tokens 4 and 5, which come once each; it has 1 to 3 tokens.
fn spans(step: u64) -> (Tokens, Array<i64>) {
    let mut rng = Rng::new(step, "spans");
    let mut ids = Array::from_fn([16, 12], |_| 6 + rng.below(14) as i64);
    let mut labels = Array::zeros([16, 2]);
    for text in 0..16 {
        let (length, begin) = (1 + rng.below(3), 1 + rng.below(7));
        ids[[text, begin - 1]] = 4;
        ids[[text, begin + length]] = 5;
        labels[[text, 0]] = begin as i64;
        labels[[text, 1]] = (begin + length - 1) as i64;
    }
    (Tokens { ids, mask: Array::full([16, 12], true) }, labels)
}

#[test]
fn a_span_finder_learns_to_find_what_is_enclosed() {
    let mut rng = Rng::new(0, "weights");
    let mut model = SpanFinder::new(Bert::new(&config(0, 0.0), &mut rng), &mut rng);
    let (mut optimizer, criterion) = (AdamW::new(), CrossEntropy::<f32>::default());
    for step in 0..300 {
        let (input, labels) = spans(step);
        zero_grad(&mut model);
        let logits = model.forward(&input, None);
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 4e-3);
    }
    let (mut right, mut asked) = (0, 0);
    for step in 1_000_000..1_000_004 {
        let (input, labels) = spans(step);
        let logits = model.infer(&input, None);
        for text in 0..16 {
            let span = best_span(&logits.slice(text), 3);
            right += usize::from(span == (labels[[text, 0]] as usize, labels[[text, 1]] as usize));
            asked += 1;
        }
    }
    assert!(right * 10 > asked * 9, "{right} of {asked} spans found");
}

fn translator(dropout: f64) -> EncoderDecoder {
    let encoder = EncoderConfig {
        vocabulary: 20,
        max_tokens: 16,
        size: 16,
        heads: 4,
        layers: 2,
        feed_forward: 32,
        dropout,
        init_std: 0.1,
        ..EncoderConfig::default()
    };
    EncoderDecoder::new(&EncoderDecoderConfig { encoder, target_vocabulary: 20 }, &mut Rng::new(0, "weights"))
}

#[test]
fn fast_cross_block_against_plain() {
    let mut fast = CrossBlock::new(24, 3, 48, 0.0, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let real = tokens(4, 19, 1).mask;
    let (x, memory): (Tensor, Tensor) = (normal(&[4, 11, 24], 2), normal(&[4, 19, 24], 3));
    let theirs = plain.forward(x.to_f64(), memory.to_f64(), Some(&real));
    assert_close("forward", &fast.forward(x.clone(), memory.clone(), Some(&real)), &theirs);
    assert_close("infer", &fast.infer(x.clone(), memory, Some(&real)), &theirs);
    let ((a, b), (c, d)) = (fast.backward(x.clone()), plain.backward(x.to_f64()));
    assert_close("input gradient", &a, &c);
    assert_close("gradient of the memory", &b, &d);
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_encoder_decoder_against_plain() {
    let mut fast = translator(0.0);
    spread(&mut fast, 1);
    let mut plain = fast.to_f64();
    let input = Pairs { source: tokens(5, 9, 2), target: tokens(5, 7, 3) };
    let y = fast.forward(&input);
    assert_close("forward", &y, &plain.forward(&input));
    assert_close("infer", &fast.infer(&input), &plain.infer(&input));
    let grad: Tensor = normal(y.shape(), 4);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

/// The order of the memory does not matter (it has its places inside); what comes later in the output does not either.
#[test]
fn property_cross_block_permutes_its_memory_and_looks_back_only() {
    let block = CrossBlock::new(6, 2, 8, 0.0, &mut Rng::new(0, "weights")).to_f64();
    let (x, memory): (Array<f64>, Array<f64>) = (normal(&[2, 4, 6], 1), normal(&[2, 5, 6], 2));
    let y = block.infer(x.clone(), memory.clone(), None);
    let order = Array::from([3i64, 0, 4, 2, 1]);
    let off = (block.infer(x.clone(), memory.index_select(1, &order), None) - &y).abs().sum_all();
    assert!(off < 1e-12, "off by {off}");
    let mut later = x.clone();
    later.assign_slice((.., 3), &normal(&[2, 6], 3));
    let off = (block.infer(later, memory, None) - &y).abs();
    assert!(off.narrow(1, 0, 3).sum_all() < 1e-12, "an early token sees a later one");
    assert!(off.sum_all() > 0.1);
}

/// Generating with caches gives what the whole model gives: each token is the best one behind those before it.
#[test]
fn property_encoder_decoder_generates_with_its_cache_what_it_says_without() {
    let mut model = translator(0.3);
    spread(&mut model, 5);
    let source = tokens(3, 9, 6);
    let (begin, end, longest) = (1, 2, 12);
    let texts = model.greedy(&source, begin, end, longest);
    for (text, written) in texts.iter().enumerate() {
        let real = source.mask.slice(text).iter().filter(|&real| real).count();
        let one = |x: &Array<i64>| x.narrow(0, text, 1).narrow(1, 0, real).contiguous();
        let source = Tokens { ids: one(&source.ids), mask: Array::full([1, real], true) };
        let mut so_far = vec![begin];
        for place in 0..longest {
            let ids = Array::from_fn([1, so_far.len()], |at| so_far[at[1]]);
            let target = Tokens { mask: Array::full([1, so_far.len()], true), ids };
            let logits = model.infer(&Pairs { source: source.clone(), target });
            let best = logits.argmax(1, false).to_vec()[place];
            if best == end {
                break;
            }
            so_far.push(best);
        }
        assert_eq!(so_far[1..], written[..], "text {text}");
    }
}

/// Writes the words of the source backwards.
fn reversals(step: u64) -> (Pairs, Array<i64>) {
    let mut rng = Rng::new(step, "reversals");
    let words = Array::from_fn([16, 5], |_| 3 + rng.below(17) as i64);
    let real = |time| Array::full([16, time], true);
    let target = Array::from_fn([16, 6], |at| if at[1] == 0 { 1 } else { words[[at[0], 5 - at[1]]] });
    let labels = Array::from_fn([96], |at| {
        let (text, place) = (at[0] / 6, at[0] % 6);
        if place == 5 { 2 } else { words[[text, 4 - place]] }
    });
    let (source, target) = (Tokens { ids: words, mask: real(5) }, Tokens { ids: target, mask: real(6) });
    (Pairs { source, target }, labels)
}

#[test]
fn an_encoder_decoder_learns_to_write_backwards() {
    let mut model = translator(0.0);
    train(&mut model, 350, reversals);
    let (pairs, _) = reversals(1_000_000);
    let texts = model.greedy(&pairs.source, 1, 2, 8);
    let right = texts.iter().enumerate().filter(|(text, written)| {
        written.len() == 5 && (0..5).all(|at| written[at] == pairs.source.ids[[*text, 4 - at]])
    });
    assert!(right.count() >= 14, "{texts:?} for {:?}", pairs.source.ids);
}
