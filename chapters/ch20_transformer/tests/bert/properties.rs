//! Laws of BERT and its heads, f32 against f64, and data with holes.

use std::sync::Arc;

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, assert_fast, for_each_param};
use ch07_modules::state_dict;
use ch13_data::{Batch, Dataset, Loader, Tokens};
use ch19_attention::Mask;
use ch20_transformer::{
    Bert, BertClassifier, BertConfig, Corruption, IGNORED, MaskedLm, MaskedTexts, MaskedTokens, Masking,
    Pooler, Pooling, PostNormBlock, SpanFinder, TokenTagger, best_span, load_part,
};

use super::{assert_close, assert_same_gradients, spread, tokens};

pub(super) fn config(segments: usize, dropout: f64) -> BertConfig {
    BertConfig {
        vocabulary: 20,
        max_tokens: 16,
        segments,
        size: 16,
        heads: 4,
        layers: 2,
        feed_forward: 32,
        dropout,
        init_std: 0.1,
        ..BertConfig::default()
    }
}

fn bert(segments: usize, seed: u64) -> Bert {
    let mut bert = Bert::new(&config(segments, 0.0), &mut Rng::new(seed, "weights"));
    spread(&mut bert, seed);
    bert
}

pub(super) fn normal<T: Float>(shape: &[usize], seed: u64) -> Array<T> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "normal"))
}

#[test]
fn fast_post_norm_block_against_plain() {
    for seed in [0, 1] {
        let mut fast = PostNormBlock::new(24, 3, 48, 0.0, 1e-12, &mut Rng::new(seed, "weights"));
        let mut plain = fast.to_f64();
        let padding = tokens(4, 37, seed).mask;
        let mask = Mask::padding(&padding);
        let x: Tensor = normal(&[4, 37, 24], seed);
        assert_close("infer", &fast.infer(x.clone(), &mask), &plain.infer(x.to_f64(), &mask));
        assert_close("forward", &fast.forward(x.clone(), &mask), &plain.forward(x.to_f64(), &mask));
        assert_close("backward", &fast.backward(x.clone()), &plain.backward(x.to_f64()));
        assert_same_gradients(&mut fast, &mut plain);
    }
}

#[test]
fn fast_bert_against_plain() {
    let mut fast = bert(2, 0);
    let mut plain = fast.to_f64();
    let Tokens { ids, mask } = tokens(6, 13, 2);
    let segments = Array::from_fn([6, 13], |at| i64::from(at[1] > 5));
    let mask = Mask::padding(&mask);
    let y = fast.forward(&ids, Some(&segments), &mask);
    assert_close("forward", &y, &plain.forward(&ids, Some(&segments), &mask));
    assert_close(
        "infer",
        &fast.infer(&ids, Some(&segments), &mask),
        &plain.infer(&ids, Some(&segments), &mask),
    );
    let grad: Tensor = normal(&[6, 13, 16], 3);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_pooler_against_plain() {
    let mut fast = Pooler::new(24, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    assert_fast(&mut fast, &mut plain, &normal::<f32>(&[7, 24], 1), 1e-5);
}

#[test]
fn fast_bert_classifier_against_plain() {
    for pooled in [false, true] {
        let mut rng = Rng::new(1, "weights");
        let pooler = pooled.then(|| Pooler::new(16, &mut rng));
        let mut fast = BertClassifier::new(bert(0, 1), pooler, Pooling::Mean, 3, 0.0, &mut rng);
        let mut plain = fast.to_f64();
        let input = tokens(6, 13, 2);
        assert_close("infer", &fast.infer(&input), &plain.infer(&input));
        assert_close("forward", &fast.forward(&input), &plain.forward(&input));
        let grad: Tensor = normal(&[6, 3], 3);
        fast.backward(grad.clone());
        plain.backward(grad.to_f64());
        assert_same_gradients(&mut fast, &mut plain);
    }
}

/// Model and head together: the table's gradient comes from both ends.
#[test]
fn fast_masked_lm_against_plain() {
    let mut fast = MaskedLm::new(&config(2, 0.0), &mut Rng::new(2, "weights"));
    spread(&mut fast, 2);
    let mut plain = fast.to_f64();
    let input = MaskedTokens { tokens: tokens(6, 13, 4), places: Array::from([0, 3, 12, 13, 40]) };
    assert_close("infer", &fast.infer(&input), &plain.infer(&input));
    assert_close("forward", &fast.forward(&input), &plain.forward(&input));
    let grad: Tensor = normal(&[5, 20], 5);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_token_tagger_against_plain() {
    let mut fast = TokenTagger::new(bert(0, 3), 3, 0.0, &mut Rng::new(3, "weights"));
    let mut plain = fast.to_f64();
    let input = tokens(6, 13, 4);
    assert_close("infer", &fast.infer(&input), &plain.infer(&input));
    let y = fast.forward(&input);
    assert_close("forward", &y, &plain.forward(&input));
    let grad: Tensor = normal(y.shape(), 5);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

#[test]
fn fast_span_finder_against_plain() {
    let mut fast = SpanFinder::new(bert(2, 4), &mut Rng::new(4, "weights"));
    let mut plain = fast.to_f64();
    // Without padding: minus infinity has no distance.
    let input = Tokens { mask: Array::full([6, 13], true), ..tokens(6, 13, 4) };
    assert_close("forward", &fast.forward(&input, None), &plain.forward(&input, None));
    let grad: Tensor = normal(&[6, 13, 2], 5);
    fast.backward(grad.clone());
    plain.backward(grad.to_f64());
    assert_same_gradients(&mut fast, &mut plain);
}

/// A post-LN block ends in a norm: with gain 1 and shift 0 every vector has mean 0 and variance 1. And it does not know the
/// order of tokens.
#[test]
fn property_post_norm_block_norms_and_permutes() {
    let block = PostNormBlock::new(6, 2, 8, 0.0, 1e-12, &mut Rng::new(0, "weights")).to_f64();
    let x: Array<f64> = normal(&[2, 5, 6], 1);
    let y = block.infer(x.clone(), &Mask::NONE);
    for vector in y.data().chunks(6) {
        let mean = vector.iter().sum::<f64>() / 6.0;
        let variance = vector.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / 6.0;
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-9, "mean {mean}, variance {variance}");
    }
    let order = Array::from([3i64, 0, 4, 2, 1]);
    let permuted = block.infer(x.index_select(1, &order), &Mask::NONE);
    let off = (permuted - &y.index_select(1, &order)).abs().sum_all();
    assert!(off < 1e-11, "off by {off}");
}

/// Tokens behind the end of a text change nothing, and no segments are segments of 0.
#[test]
fn property_bert_ignores_padding() {
    let bert = bert(2, 5).to_f64();
    let Tokens { ids, mask } = tokens(3, 7, 6);
    let extra = Array::full([3, 6], 19i64);
    let (long, longer) =
        (Array::concat(&[&ids, &extra], 1), Array::concat(&[&mask, &Array::full([3, 6], false)], 1));
    let a = bert.infer(&ids, None, &Mask::padding(&mask));
    let zeros = long.zeros_like();
    let b = bert.infer(&long, Some(&zeros), &Mask::padding(&longer)).narrow(1, 0, 7);
    let off = (a - &b).abs().sum_all();
    assert!(off < 1e-10, "padding changes something by {off}");
}

#[test]
fn property_pooler_is_bounded_and_odd() {
    let mut pooler = Pooler::new(5, &mut Rng::new(0, "weights")).to_f64();
    pooler.dense.bias.as_mut().unwrap().value.fill(0.0);
    let x: Array<f64> = normal(&[4, 5], 1) * 3.0;
    let y = pooler.infer(x.clone());
    assert!(y.iter().all(|y| y.abs() < 1.0));
    assert!((pooler.infer(x * -1.0) + &y).abs().sum_all() < 1e-12);
}

#[test]
fn property_bert_classifier_ignores_padding() {
    let mut rng = Rng::new(1, "weights");
    for pooling in [Pooling::Mean, Pooling::Cls] {
        let model = BertClassifier::new(bert(0, 6), None, pooling, 3, 0.3, &mut rng).to_f64();
        let short = tokens(3, 7, 5);
        let extra = Array::full([3, 6], 19i64);
        let long = Tokens {
            ids: Array::concat(&[&short.ids, &extra], 1),
            mask: Array::concat(&[&short.mask, &Array::full([3, 6], false)], 1),
        };
        let off = (model.infer(&short) - &model.infer(&long)).abs().sum_all();
        assert!(off < 1e-11, "padding changes something by {off}");
    }
}

/// Asking for fewer places leaves the logits of the others as they are; the same place asked twice gives the same. A bias
/// is added to each word's logit.
#[test]
fn property_masked_lm_answers_each_place_by_itself() {
    let mut model = MaskedLm::new(&config(0, 0.0), &mut Rng::new(2, "weights")).to_f64();
    spread(&mut model, 3);
    let ask = |model: &MaskedLm<f64>, places: Array<i64>| {
        model.infer(&MaskedTokens { tokens: tokens(3, 7, 7), places })
    };
    let all = ask(&model, Array::from([0, 2, 7, 16]));
    let some = ask(&model, Array::from([16, 2]));
    let off = (all.index_select(0, &Array::from([3, 1])) - &some).abs().sum_all();
    assert!(off < 1e-11, "off by {off}");
    let shift: Array<f64> = normal(&[20], 8);
    model.head.bias.value += &shift;
    let off = (ask(&model, Array::from([16, 2])) - &(some + &shift)).abs().sum_all();
    assert!(off < 1e-11, "off by {off}");
}

/// Texts in another order give the same rows in another order.
#[test]
fn property_token_tagger_permutes() {
    let model = TokenTagger::new(bert(0, 7), 3, 0.5, &mut Rng::new(3, "weights")).to_f64();
    let Tokens { ids, mask } = tokens(2, 6, 8);
    let order = Array::from([1i64, 0]);
    let swapped = Tokens { ids: ids.index_select(0, &order), mask: mask.index_select(0, &order) };
    let first = mask.slice(0).iter().filter(|&real| real).count();
    let (a, b) = (model.infer(&Tokens { ids, mask }), model.infer(&swapped));
    let second = a.dim(0) - first;
    let off = (a.narrow(0, 0, first) - &b.narrow(0, second, first)).abs().sum_all()
        + (a.narrow(0, first, second) - &b.narrow(0, 0, second)).abs().sum_all();
    assert!(off < 1e-11, "off by {off}");
}

/// Padding has probability 0 of beginning or ending anything, and gets no gradient.
#[test]
fn property_span_finder_never_points_at_padding() {
    let mut model = SpanFinder::new(bert(0, 8), &mut Rng::new(4, "weights")).to_f64();
    let input = tokens(3, 7, 9);
    let logits = model.forward(&input, None);
    let shares = ch03_neurons::softmax(logits.clone(), 1);
    for (at, real) in input.mask.clone().reshape([21]).iter().enumerate() {
        for part in 0..2 {
            assert!(real || shares[[at / 7, at % 7, part]] == 0.0, "place {at} is padding");
        }
    }
    let labels = Array::<i64>::zeros([3, 2]);
    let criterion = CrossEntropy::default();
    model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
    for_each_param(&mut model, |path, param| {
        assert!(param.grad.iter().all(|g| g.is_finite()), "{path} has a gradient that is not finite");
    });
}

#[test]
fn the_best_span_is_in_order_and_not_too_long() {
    // Alone, the best beginning is 3 and the best end 1.
    let logits = Array::from([[2.0, 0.0], [0.0, 5.0], [0.0, 0.0], [4.0, 0.5]]);
    assert_eq!(best_span(&logits, 4), (0, 1));
    assert_eq!(best_span(&logits, 1), (1, 1));
}

pub(super) fn masking() -> Masking {
    Masking { rate: 0.15, mask: 1, words: 2..20 }
}

/// Texts of 3 to 40 tokens, in some of which token 0 stands, which is no word.
fn texts(count: usize) -> Vec<Vec<u32>> {
    let mut rng = Rng::new(9, "texts");
    let text = |_| {
        let length = 3 + rng.below(38);
        (0..length).map(|at| if at == 1 { 0 } else { 2 + rng.below(18) as u32 }).collect()
    };
    (0..count).map(text).collect()
}

#[test]
fn masked_texts_ask_for_what_stood_there() {
    let all = texts(30);
    let data = MaskedTexts::new(all.clone(), 16, masking());
    let indices: Vec<usize> = (0..30).collect();
    let batch = data.batch(&indices, &mut Rng::new(0, "batch"));
    assert_eq!(batch, data.batch(&indices, &mut Rng::new(0, "batch")), "the same stream, the same batch");
    assert_ne!(batch, data.batch(&indices, &mut Rng::new(1, "batch")));
    let Batch { input: MaskedTokens { tokens, places }, labels } = batch;
    assert_eq!((tokens.ids.dim(1), places.size()), (16, labels.size()));
    let time = 16;
    for (place, label) in places.iter().zip(labels.iter()) {
        let (text, token) = (place as usize / time, place as usize % time);
        assert!(tokens.mask[[text, token]], "padding is asked for");
        // Somewhere in the text there is a part of its width that agrees with what is shown and asked.
        let shown: Vec<i64> = (0..time).map(|t| tokens.ids[[text, t]]).collect();
        let asked = |t: usize| {
            let place = (text * time + t) as i64;
            places.iter().zip(labels.iter()).find(|(other, _)| *other == place).map(|(_, label)| label)
        };
        assert_eq!(asked(token), Some(label));
        let width = all[text].len().min(time);
        let fits = |part: &[u32]| {
            part.iter().enumerate().all(|(t, &id)| asked(t).unwrap_or(shown[t]) == i64::from(id))
        };
        assert!(all[text].windows(width).any(fits), "text {text} is another one");
    }
    // 15 % of about 400 words, with a deviation of 7.
    assert!((25..100).contains(&labels.size()), "{} words are asked for", labels.size());
    assert_eq!(
        MaskedTexts::new(vec![vec![0, 1], vec![5]], 4, masking()).len(),
        1,
        "texts without words are left out"
    );
    // A batch in which nothing was drawn asks for something, so that there is a mean.
    let never = MaskedTexts::new(vec![vec![5, 6]], 4, Masking { rate: 0.0, ..masking() });
    assert_eq!(never.batch(&[0], &mut Rng::new(0, "batch")).labels.to_vec(), [5]);
}

#[test]
fn masked_batches_do_not_depend_on_the_workers() {
    let data = Arc::new(MaskedTexts::new(texts(50), 16, masking()));
    let loader = |workers| Loader::new(data.clone(), 8).seed(3).shuffle(true).buckets(3).workers(workers);
    let batches = |workers| loader(workers).epoch(1, 0).collect::<Vec<_>>();
    assert_eq!(batches(1), batches(3));
    assert!(batches(1).iter().all(|batch| !batch.labels.iter().any(|label| label == IGNORED)));
}

#[test]
fn span_corruption_has_an_inverse() {
    let corruption = Corruption { rate: 0.15, mean_span: 3.0, sentinel: 900, sentinels: 64 };
    let mut rng = Rng::new(0, "spans");
    let (mut cut, mut holes, mut tokens) = (0, 0, 0);
    for length in 0..200 {
        let text: Vec<u32> = (0..length).map(|_| rng.below(900) as u32).collect();
        let parts = corruption.draw(text.len(), &mut rng);
        let (input, target) = corruption.corrupt(&text, &parts);
        assert_eq!(corruption.restore(&input, &target), text, "{parts:?}");
        assert_eq!(
            target.iter().filter(|&&id| id >= 900).count(),
            input.iter().filter(|&&id| id >= 900).count() + 1
        );
        cut += parts.iter().map(|(_, cut)| cut).sum::<usize>();
        holes += parts.iter().filter(|(_, cut)| *cut > 0).count();
        tokens += text.len();
    }
    // Rounded for each text, at least one token of each.
    let (rate, span) = (cut as f64 / tokens as f64, cut as f64 / holes as f64);
    assert!(
        (rate - 0.15).abs() < 0.005 && (span - 3.0).abs() < 0.2,
        "{rate} of the tokens in holes of {span}"
    );
}

#[test]
fn a_trained_encoder_moves_over_by_name() {
    let mut teacher = MaskedLm::new(&config(0, 0.0), &mut Rng::new(0, "weights"));
    let mut rng = Rng::new(1, "weights");
    let mut model =
        BertClassifier::new(Bert::new(&config(0, 0.0), &mut rng), None, Pooling::Mean, 2, 0.1, &mut rng);
    let head = model.head.weight.value.clone();
    let state = state_dict(&mut teacher);
    load_part(&mut model, &state, "bert.").unwrap();
    let Tokens { ids, mask } = tokens(2, 5, 0);
    let mask = Mask::padding(&mask);
    assert_eq!(model.bert.infer(&ids, None, &mask), teacher.bert.infer(&ids, None, &mask));
    assert_eq!(model.head.weight.value, head, "the head is not in the other model");
    // Another size, a missing name, one too many: all are named, nothing changes.
    let mut other = state.clone();
    other.remove("bert.norm.bias");
    other.insert("bert.extra".into(), Tensor::zeros([1]));
    other.insert("bert.norm.weight".into(), Tensor::zeros([3]));
    let error = load_part(&mut model, &other, "bert.").unwrap_err();
    assert_eq!(error.missing, ["bert.norm.bias"]);
    assert_eq!(error.unexpected, ["bert.extra"]);
    assert_eq!(error.shapes, [("bert.norm.weight".into(), vec![3], vec![16])]);
    assert_eq!(model.bert.infer(&ids, None, &mask), teacher.bert.infer(&ids, None, &mask));
}

#[test]
#[should_panic(expected = "Bert: segments for an encoder that does not tell them apart")]
fn segments_need_a_table() {
    let zeros = Array::zeros([1, 3]);
    bert(0, 0).infer(&zeros, Some(&zeros), &Mask::NONE);
}

#[test]
#[should_panic(expected = "MaskedLm::backward: no forward call to go back through")]
fn a_masked_lm_needs_a_forward() {
    MaskedLm::new(&config(0, 0.0), &mut Rng::new(0, "weights")).backward(Tensor::ones([1, 20]));
}
