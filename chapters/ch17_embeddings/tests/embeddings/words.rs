//! Word vectors: the losses of negative sampling and GloVe, the loops that train, counts and draws.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::assert_close;
use ch17_embeddings::{
    AliasTable, Cooccurrence, Corpus, Glove, GloveOptions, Model, Pairs, RowAdaGrad, RowGrad, Word2Vec,
    Word2VecOptions, analogy, glove, glove_backward, negative_sampling, negative_sampling_backward,
    unit_rows,
};
use proptest::prelude::*;

use super::golden::{entry, golden};
use super::random;

#[test]
fn gradcheck_negative_sampling() {
    for (seed, [batch, words, size]) in [[2, 4, 3], [1, 1, 1], [3, 6, 5], [0, 2, 2]].into_iter().enumerate() {
        let seed = seed as u64;
        let (u, v) = (random(&[batch, size], seed), random(&[batch, words, size], seed + 1));
        let c = random(&[batch], seed + 2);
        let (du, dv) = negative_sampling_backward(&c, &u, &v);
        assert_gradient("u", &du, &numerical_gradient(|u| (negative_sampling(u, &v) * &c).sum_all(), &u));
        assert_gradient("v", &dv, &numerical_gradient(|v| (negative_sampling(&u, v) * &c).sum_all(), &v));
    }
}

/// Scores up to about 60 of 50 terms in f32, where a loss equals its score: off by some 2^-19 times 7, or 2e-5; relative to the
/// loss 1e-6. The gradients are sums of at most eleven such terms: 1e-4 leaves room.
#[test]
fn golden_negative_sampling() {
    let golden = golden();
    for case in 0..4 {
        let get = |name: &str| entry(&golden, &format!("negative.{case}.{name}")).f32().unwrap();
        let (u, v) = (get("u"), get("v"));
        assert_close(&format!("case {case}, losses"), &negative_sampling(&u, &v), &get("losses"), 1e-5);
        let (du, dv) = negative_sampling_backward(&get("grad"), &u, &v);
        assert_close(&format!("case {case}, du"), &du, &get("du"), 1e-4);
        assert_close(&format!("case {case}, dv"), &dv, &get("dv"), 1e-4);
    }
}

/// The paper's.
const X_MAX: f64 = 100.0;

/// Pairs of vectors and biases, and counts from far below to far above `x_max`.
fn pairs(n: usize, size: usize, seed: u64) -> (Pairs<f64>, Array<f64>) {
    let [word, context] = [0, 1].map(|i| random(&[n, size], seed + i));
    let [word_bias, context_bias] = [2, 3].map(|i| random(&[n], seed + i));
    let mut rng = Rng::new(seed, "counts");
    (Pairs { word, context, word_bias, context_bias }, Array::from_fn([n], |_| (7.0 * rng.uniform()).exp()))
}

#[test]
fn gradcheck_glove() {
    for (seed, [n, size]) in [[4, 3], [1, 1], [7, 5], [0, 2]].into_iter().enumerate() {
        let (of, x) = pairs(n, size, seed as u64);
        let c = random(&[n], 20 + seed as u64);
        let grads = glove_backward(&c, &of, &x, X_MAX);
        let with = |change: &dyn Fn(&mut Pairs<f64>, Array<f64>), value: &Array<f64>| {
            numerical_gradient(
                |value| {
                    let (mut of, _) = pairs(n, size, seed as u64);
                    change(&mut of, value.clone());
                    (glove(&of, &x, X_MAX) * &c).sum_all()
                },
                value,
            )
        };
        assert_gradient("the words", &grads.word, &with(&|of, value| of.word = value, &of.word));
        assert_gradient("the contexts", &grads.context, &with(&|of, value| of.context = value, &of.context));
        let bias = with(&|of, value| of.word_bias = value, &of.word_bias);
        assert_gradient("the words' biases", &grads.word_bias, &bias);
        let bias = with(&|of, value| of.context_bias = value, &of.context_bias);
        assert_gradient("the contexts' biases", &grads.context_bias, &bias);
    }
}

/// Errors up to about 20, squared, in f32: relative roundings of a few 2^-24 in the error, twice that in the square; 1e-5
/// leaves a factor of ten.
#[test]
fn golden_glove() {
    let golden = golden();
    for case in 0..3 {
        let get = |name: &str| entry(&golden, &format!("glove.{case}.{name}")).f32().unwrap();
        let of = Pairs { word: get("w"), context: get("c"), word_bias: get("b"), context_bias: get("d") };
        let x = get("x");
        assert_close(&format!("case {case}, losses"), &glove(&of, &x, X_MAX), &get("losses"), 1e-5);
        let grads = glove_backward(&get("grad"), &of, &x, X_MAX);
        for (name, ours) in [
            ("dw", &grads.word),
            ("dc", &grads.context),
            ("db", &grads.word_bias),
            ("dd", &grads.context_bias),
        ] {
            assert_close(&format!("case {case}, {name}"), ours, &get(name), 1e-5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// With one word and its noise drawn from `noise`, the expected loss of a pair is smallest, with slope 0, where the score is
    /// the logarithm of how much likelier the pair is in the text than by chance, minus ln k (Levy and Goldberg 2014).
    #[test]
    fn property_negative_sampling_finds_shifted_pmi(pair in 0.01..0.99f64, noise in 0.01..0.99f64, k in 1..20usize) {
        let score = (pair / (k as f64 * noise)).ln();
        // One number per vector: the score is v itself.
        let u: Array<f64> = Array::ones([1, 1]);
        let slope = |is_true: bool| {
            let v = if is_true { Array::from([[[score]]]) } else { Array::from([[[0.0], [score]]]) };
            let (_, dv) = negative_sampling_backward(&Array::ones([1]), &u, &v);
            dv[[0, usize::from(!is_true), 0]]
        };
        let expected = pair * slope(true) + k as f64 * noise * slope(false);
        prop_assert!(expected.abs() < 1e-12, "{expected}");
    }

    /// The order of the drawn words does not matter; u and v can change places for a single pair.
    #[test]
    fn property_negative_sampling_is_a_sum(words in 2..6usize, size in 1..6usize, seed in 0..1000u64) {
        let (u, v) = (random(&[1, size], seed), random(&[1, words, size], seed + 1));
        let turned = Array::from_fn([1, words, size], |i| v[[0, if i[1] == 0 { 0 } else { words - i[1] }, i[2]]]);
        let [a, b] = [negative_sampling(&u, &v), negative_sampling(&u, &turned)];
        prop_assert!((a[[0]] - b[[0]]).abs() < 1e-12);
        let first = v.clone().narrow(1, 0, 1);
        let exchanged = negative_sampling(&first.clone().reshape([1, size]), &u.clone().reshape([1, 1, size]));
        prop_assert!((negative_sampling(&u, &first)[[0]] - exchanged[[0]]).abs() < 1e-12);
    }

    /// Words and contexts can change places, since the counts are symmetric; and a perfect fit has neither loss nor gradient.
    #[test]
    fn property_glove_is_symmetric(n in 1..6usize, size in 1..5usize, seed in 0..1000u64) {
        let (of, x) = pairs(n, size, seed);
        let turned = Pairs {
            word: of.context.clone(), context: of.word.clone(),
            word_bias: of.context_bias.clone(), context_bias: of.word_bias.clone(),
        };
        prop_assert!((glove(&of, &x, X_MAX) - glove(&turned, &x, X_MAX)).iter().all(|d| d.abs() < 1e-11));
        let fit = (&of.word * &of.context).sum(1, false) + &of.word_bias + &of.context_bias;
        let loss = glove(&of, &fit.map(f64::exp), X_MAX);
        prop_assert!(loss.iter().all(|loss| loss < 1e-25), "{loss:?}");
    }

    #[test]
    fn alias_tables_draw_what_they_were_given(count in 1..60usize, seed in 0..1000u64) {
        let mut rng = Rng::new(seed, "weights");
        let weights: Vec<f64> = (0..count).map(|i| if i % 5 == 4 { 0.0 } else { rng.uniform().powi(6) + 1e-9 }).collect();
        let total: f64 = weights.iter().sum();
        for (p, weight) in AliasTable::new(&weights).probabilities().iter().zip(&weights) {
            prop_assert!((p - weight / total).abs() < 1e-13);
        }
    }
}

/// The loops over rows against gradients of arrays in f64, gathered and scattered; the targets differ, as the loops would
/// otherwise use a row that they have changed. Steps of order 0.1 in f32: 1e-6 leaves room for ten roundings.
#[test]
fn fast_negative_sampling_against_plain() {
    let mut rng = Rng::new(0, "shapes");
    for _ in 0..20 {
        let (count, size, rate) = (8 + rng.below(20), 1 + rng.below(130), 0.1f32);
        let mut words: Vec<u32> = (0..count as u32).collect();
        rng.shuffle(&mut words);
        let (targets, context) =
            (words[..1 + rng.below(6)].to_vec(), words[count - 1 - rng.below(5)..].to_vec());
        let [input, output] = [0, 1].map(|_| Tensor::normal([count, size], 0.0, 0.3, &mut rng));
        let mut model = Word2Vec::from_parts(input.clone(), output.clone());
        let loss = match &context[..] {
            [word] => model.skip_gram_step(*word, &targets, rate),
            all => model.cbow_step(all, &targets, rate),
        };
        let (mut input, mut output) = (input.to_f64(), output.to_f64());
        let mean = Array::from_fn([1, size], |i| {
            context.iter().map(|&word| input[[word as usize, i[1]]]).sum::<f64>() / context.len() as f64
        });
        let gathered = Array::from_fn([1, targets.len(), size], |i| output[[targets[i[1]] as usize, i[2]]]);
        let want = negative_sampling(&mean, &gathered).item();
        let (du, dv) = negative_sampling_backward(&Array::ones([1]), &mean, &gathered);
        for k in 0..size {
            for &word in &context {
                input[[word as usize, k]] -= f64::from(rate) * du[[0, k]] / context.len() as f64;
            }
            for (j, &word) in targets.iter().enumerate() {
                output[[word as usize, k]] -= f64::from(rate) * dv[[0, j, k]];
            }
        }
        assert!((loss - want).abs() < 1e-5, "loss {loss}, plain {want}");
        assert_close("input vectors", &model.input, &input, 1e-6);
        assert_close("output vectors", &model.output, &output, 1e-6);
    }
}

/// GloVe's loops against gathered gradients in f64 and AdaGrad over rows. Thirty steps of at most 0.05, rounded to 2^-24 of
/// numbers below 2: 1e-5 leaves a factor of a few.
#[test]
fn fast_glove_against_plain() {
    let (count, size, rate) = (6, 37, 0.05);
    let mut rng = Rng::new(1, "pairs");
    let all: Vec<(u32, u32, f32)> = (0..30)
        .map(|_| (rng.below(count) as u32, rng.below(count) as u32, (7.0 * rng.uniform()).exp() as f32))
        .collect();
    let mut model = Glove::new(count, size, &mut rng);
    // Every row once on each side: the tables.
    let diagonal: Vec<(u32, u32, f32)> = (0..count as u32).map(|word| (word, word, 1.0)).collect();
    let start = model.gather(&diagonal);
    let [mut word, mut context] = [start.word.to_f64(), start.context.to_f64()];
    let column = |bias: &Tensor| bias.to_f64().reshape([count, 1]);
    let [mut word_bias, mut context_bias] = [column(&start.word_bias), column(&start.context_bias)];
    let mut steps = [&word, &context, &word_bias, &context_bias].map(|table| RowAdaGrad::new(table, 1.0));
    let mut want = 0.0;
    for &(i, j, x) in &all {
        let row = |table: &Array<f64>, row: u32| table.clone().narrow(0, row as usize, 1).copy();
        let of = Pairs {
            word: row(&word, i),
            context: row(&context, j),
            word_bias: row(&word_bias, i).reshape([1]),
            context_bias: row(&context_bias, j).reshape([1]),
        };
        let x = Array::from([f64::from(x)]);
        want += glove(&of, &x, X_MAX).item();
        let grads = glove_backward(&Array::ones([1]), &of, &x, X_MAX);
        let id = |word: u32| Array::from([i64::from(word)]);
        let rows = [
            RowGrad::from_tokens(&id(i), &grads.word, None),
            RowGrad::from_tokens(&id(j), &grads.context, None),
            RowGrad::from_tokens(&id(i), &grads.word_bias.reshape([1, 1]), None),
            RowGrad::from_tokens(&id(j), &grads.context_bias.reshape([1, 1]), None),
        ];
        let tables = [&mut word, &mut context, &mut word_bias, &mut context_bias];
        for ((table, step), grad) in tables.into_iter().zip(&mut steps).zip(&rows) {
            step.step(table, grad, rate);
        }
    }
    let loss = model.steps(&all, rate as f32, X_MAX);
    assert!((loss - want).abs() < 1e-4 * want, "loss {loss}, plain {want}");
    let end = model.gather(&diagonal);
    assert_close("words", &end.word, &word, 1e-5);
    assert_close("contexts", &end.context, &context, 1e-5);
    assert_close("words' biases", &end.word_bias.reshape([count, 1]), &word_bias, 1e-5);
    assert_close("contexts' biases", &end.context_bias.reshape([count, 1]), &context_bias, 1e-5);
}

/// Texts of two topics that share no word.
fn two_topics(texts: usize) -> Corpus {
    let mut rng = Rng::new(3, "texts");
    Corpus::new(
        20,
        (0..texts).map(|text| (0..12).map(|_| (10 * (text % 2) + rng.below(10)) as u32).collect()),
    )
}

/// The mean cosine of words of one topic, minus that of words of two.
fn contrast(table: &Tensor) -> f64 {
    let (units, mut sums, mut counts) = (unit_rows(table), [0.0; 2], [0.0; 2]);
    for a in 0..20 {
        for b in 0..a {
            let cos: f32 = (0..units.dim(1)).map(|k| units[[a, k]] * units[[b, k]]).sum();
            sums[usize::from(a / 10 != b / 10)] += f64::from(cos);
            counts[usize::from(a / 10 != b / 10)] += 1.0;
        }
    }
    sums[0] / counts[0] - sums[1] / counts[1]
}

#[test]
fn words_of_a_topic_become_alike_by_every_method() {
    let corpus = two_topics(300);
    for model in [Model::SkipGram, Model::Cbow] {
        let options =
            Word2VecOptions { model, size: 16, epochs: 20, rate: 0.1, subsample: 1.0, ..Default::default() };
        let mut losses = Vec::new();
        let trained = Word2Vec::train(&corpus, &options, |_, loss| losses.push(loss));
        // It begins at 6 ln 2. It cannot go far below 2: which word of the topic comes next is chance.
        assert!(losses[19] < losses[0] && losses[19] < 2.4, "{model:?}: the loss falls: {losses:?}");
        let found = contrast(&trained.input);
        assert!(found > 0.5, "{model:?}: {found}");
    }
    let mut losses = Vec::new();
    let options = GloveOptions { size: 16, epochs: 30, ..Default::default() };
    let trained = Glove::train(&Cooccurrence::count(&corpus, 5), &options, |_, loss| losses.push(loss));
    assert!(losses[29] < 0.5 * losses[0], "GloVe: the loss falls: {losses:?}");
    // Pairs that never occur are not in the loss: within a topic all vectors fit, across topics nothing is said.
    assert!(contrast(&trained.vectors()) > 0.1, "GloVe: {}", contrast(&trained.vectors()));
}

#[test]
fn word_vectors_have_the_same_bits_on_any_number_of_threads() {
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let corpus = two_topics(40);
            let options = Word2VecOptions { size: 9, epochs: 1, subsample: 0.01, ..Default::default() };
            let trained = Word2Vec::train(&corpus, &options, |_, _| {});
            let counts = Cooccurrence::count(&corpus, 4);
            let options = GloveOptions { size: 9, epochs: 2, ..Default::default() };
            let fitted = Glove::train(&counts, &options, |_, _| {}).vectors();
            let bits =
                trained.input.iter().chain(trained.output.iter()).chain(fitted.iter()).map(f32::to_bits);
            (bits.collect::<Vec<u32>>(), counts)
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(7));
}

/// By hand: the words 0 1 0 2 and, apart, 1 2, with a window of 2.
#[test]
fn counts_fall_with_the_distance() {
    let corpus = Corpus::new(3, [vec![0, 1, 0, 2], vec![1, 2]]);
    let counts = Cooccurrence::count(&corpus, 2);
    let want = [
        // 0 and 0 at distance 2, seen from both.
        (0, 0, 1.0),
        (0, 1, 2.0),
        (0, 2, 1.0),
        (1, 0, 2.0),
        (1, 2, 1.5),
        (2, 0, 1.0),
        (2, 1, 1.5),
    ];
    assert_eq!(counts.pairs, want);
    assert_eq!(
        (corpus.counts(), corpus.len(), corpus.texts(), corpus.text(1)),
        (&[2, 2, 2][..], 6, 2, &[1, 2][..])
    );
}

#[test]
fn frequent_words_are_thinned_out() {
    let corpus = Corpus::new(3, [vec![0; 90], vec![1; 10]]);
    let keep = corpus.keep_probabilities(0.1);
    assert!((keep[0] - (1.0f64 / 9.0).sqrt()).abs() < 1e-12 && keep[1] == 1.0 && keep[2] == 1.0, "{keep:?}");
    let noise = corpus.noise(0.75).probabilities();
    let ratio = (90.0f64 / 10.0).powf(0.75);
    assert!((noise[0] / noise[1] - ratio).abs() < 1e-9 && noise[2] == 0.0, "{noise:?}");
}

#[test]
fn analogies_leave_the_question_out() {
    // Two axes, rank and sex, and a word that has nothing to do with it.
    let table =
        Array::from([[0.2, 1.0, 0.3], [0.2, -1.0, 0.3], [2.0, 1.0, 0.3], [2.0, -1.0, 0.3], [0.0, 0.0, 1.0]]);
    let found = analogy(&unit_rows(&table), [0, 1, 2], 5);
    assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [3, 4]);
}

#[test]
#[should_panic(expected = "word 3 is outside a vocabulary of 3")]
fn words_outside_the_vocabulary_are_refused() {
    Corpus::new(3, [vec![0, 3]]);
}

#[test]
#[should_panic(expected = "2 weights with a sum of 0: need some above 0, none below")]
fn an_alias_table_of_zeros_is_refused() {
    AliasTable::new(&[0.0, 0.0]);
}
