//! Generating: cached as uncached, many texts as each alone, drawing as the probabilities say, beams against trying all.

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::Module;
use ch20_transformer::{
    Beam, BeamSearch, DecoderCache, Generate, Gpt, Llama, NextToken, Sampling, Uncached, length_score,
};

use super::decoder::{draw_ids, small, small_llama};
use super::spread;

fn gpt(seed: u64) -> Gpt {
    let mut model = Gpt::new(&small(), &mut Rng::new(seed, "weights"));
    spread(&mut model, seed);
    model
}

fn llama(seed: u64) -> Llama {
    let mut model = Llama::new(&small_llama(seed.is_multiple_of(2)), &mut Rng::new(seed, "weights"));
    spread(&mut model, seed);
    model
}

/// Reads a text in pieces of 4, 1, 1 and 3 tokens; the logits of every piece are those of the whole text at once.
fn assert_cached<T: Float>(
    tolerance: f64,
    infer: impl Fn(&Array<i64>) -> Array<T>,
    mut cached: impl FnMut(&Array<i64>) -> Array<T>,
) {
    let ids = draw_ids([3, 9], 13, 1);
    let whole = infer(&ids).reshape([3, 9, 13]);
    let mut from = 0;
    for new in [4, 1, 1, 3] {
        let found = cached(&ids.narrow(1, from, new).contiguous()).reshape([3, new, 13]);
        let wanted = whole.narrow(1, from, new);
        for (a, b) in found.iter().zip(wanted.iter()) {
            let (a, b) = (a.to_f64(), b.to_f64());
            assert!(
                (a - b).abs() <= tolerance * (1.0 + b.abs()),
                "tokens from {from}: cached {a}, uncached {b}"
            );
        }
        from += new;
    }
}

/// In f64 to a few roundings, which shows that it is the same function; in f32 the sums of some dozen numbers in two
/// blocks, taken in another order, differ by up to 1e-5 of their size.
#[test]
fn cached_and_uncached_logits_agree() {
    for seed in 0..2 {
        let (gpt, llama) = (gpt(seed), llama(seed));
        let (mut a, mut b): (DecoderCache, DecoderCache) = (gpt.cache(3), llama.cache(3));
        assert_cached(2e-5, |ids| gpt.infer(ids), |ids| gpt.infer_cached(ids, &mut a));
        assert_cached(2e-5, |ids| llama.infer(ids), |ids| llama.infer_cached(ids, &mut b));
        let (gpt, llama) = (gpt.to_f64(), llama.to_f64());
        let (mut a, mut b) = (gpt.cache(3), llama.cache(3));
        assert_cached(1e-12, |ids| gpt.infer(ids), |ids| gpt.infer_cached(ids, &mut a));
        assert_cached(1e-12, |ids| llama.infer(ids), |ids| llama.infer_cached(ids, &mut b));
    }
}

fn prompts() -> Vec<Vec<i64>> {
    vec![vec![3, 1, 4], vec![1, 5], vec![9, 2, 6, 5, 3]]
}

/// With a cache or by reading everything again, and each text alone or with others: the same tokens. (12 is the length that
/// the models can remember, so that the last texts end where the cache is full.)
fn assert_same_texts<M: NextToken>(model: &M, infer: impl Fn(&Array<i64>) -> Tensor) {
    let plain = Uncached::new(infer, 13, 12);
    for (seed, temperature) in [(0, 0.0), (1, 1.0), (2, 0.7)] {
        let sampling = Sampling { temperature, top_k: Some(6), top_p: Some(0.9) };
        let how = Generate { new_tokens: 7, sampling, stop: None, seed };
        let texts = how.run(model, &prompts());
        assert_eq!(texts, how.run(&plain, &prompts()), "cached and uncached");
        assert_eq!(texts, how.run(model, &prompts()), "the same seed");
        assert!(texts.iter().all(|text| text.len() == 7));
        assert_eq!(texts[0], how.run(model, &prompts()[..1])[0], "alone");
        if temperature > 0.0 {
            assert_ne!(texts, Generate { seed: seed + 10, ..how }.run(model, &prompts()), "another seed");
        }
    }
}

#[test]
fn texts_do_not_depend_on_cache_or_company() {
    let (gpt, llama) = (gpt(3), llama(4));
    assert_same_texts(&gpt, |ids| gpt.infer(ids));
    assert_same_texts(&llama, |ids| llama.infer(ids));
}

/// Counts up by one from the last token, modulo 13: what is generated is known.
fn counter(max_tokens: usize) -> impl NextToken<Cache = Array<i64>> {
    let infer = |ids: &Array<i64>| {
        let last = ids.to_vec();
        Array::from_fn([ids.size(), 13], |at| f32::from(u8::from((last[at[0]] + 1) % 13 == at[1] as i64)))
    };
    Uncached::new(infer, 13, max_tokens)
}

#[test]
fn a_stop_token_ends_a_text_and_is_not_part_of_it() {
    let how = Generate { new_tokens: 5, sampling: Sampling::GREEDY, stop: Some(7), seed: 0 };
    let texts = how.run(&counter(20), &[vec![0], vec![9, 9, 3], vec![6, 6]]);
    assert_eq!(texts, [vec![1, 2, 3, 4, 5], vec![4, 5, 6], vec![]]);
    assert_eq!(Generate { new_tokens: 0, ..how }.run(&counter(20), &[vec![0]]), [Vec::<i64>::new()]);
}

#[test]
fn a_text_may_be_longer_than_what_the_model_remembers() {
    let how = Generate { new_tokens: 30, sampling: Sampling::GREEDY, ..Generate::default() };
    let text = &how.run(&counter(6), &[vec![0, 1, 2]])[0];
    assert_eq!(*text, (3..33).map(|i| i % 13).collect::<Vec<i64>>());
    let gpt = gpt(5);
    assert_eq!(how.run(&gpt, &[vec![1]]), how.run(&Uncached::new(|ids| gpt.infer(ids), 13, 12), &[vec![1]]));
}

#[test]
#[should_panic(expected = "Generate: prompts of 0 to 2 tokens for a memory of 6")]
fn an_empty_prompt_is_refused() {
    Generate::default().run(&counter(6), &[vec![], vec![1, 2]]);
}

/// 20,000 draws: each count within five standard deviations of what the probabilities say, `sqrt(n p (1 - p))`.
#[test]
fn draws_follow_the_probabilities() {
    let logits = [0.3, -1.0, 2.0, 0.0, 1.2, f32::NEG_INFINITY];
    for sampling in [
        Sampling::default(),
        Sampling { temperature: 1.5, top_k: Some(4), top_p: None },
        Sampling { temperature: 0.8, top_k: None, top_p: Some(0.8) },
    ] {
        let (p, mut rng) = (sampling.probabilities(&logits), Rng::new(1, "draws"));
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mut counts = [0; 6];
        (0..20_000).for_each(|_| counts[sampling.draw(&logits, &mut rng) as usize] += 1);
        for (token, (&count, &p)) in counts.iter().zip(&p).enumerate() {
            let (mean, spread) = (20_000.0 * p, (20_000.0 * p * (1.0 - p)).sqrt());
            assert!(
                (f64::from(count) - mean).abs() <= 5.0 * spread,
                "{sampling:?}: {count} of token {token}"
            );
        }
    }
    assert_eq!(Sampling::GREEDY.draw(&logits, &mut Rng::new(0, "unused")), 2);
}

/// Every text of up to three tokens, with its score.
fn all_texts(model: &impl NextToken, prompt: &[i64], penalty: f64, stop: i64) -> Vec<Beam> {
    let vocabulary = model.vocabulary() as i64;
    let mut over = Vec::new();
    let mut open = vec![(Vec::new(), 0.0)];
    for length in 1..=3 {
        let mut next = Vec::new();
        for (text, sum) in open {
            let whole = [prompt, &text].concat();
            let ids = Array::from_fn([1, whole.len()], |at| whole[at[1]]);
            let logits = model.read(&mut model.start(1), &ids);
            let p = Sampling::default().probabilities(logits.data());
            for token in 0..vocabulary {
                let (sum, score) = (sum + p[token as usize].ln(), |sum| length_score(sum, length, penalty));
                let longer = [&text[..], &[token]].concat();
                match () {
                    () if token == stop => over.push(Beam { tokens: text.clone(), score: score(sum) }),
                    () if length == 3 => over.push(Beam { tokens: longer, score: score(sum) }),
                    () => next.push((longer, sum)),
                }
            }
        }
        open = next;
    }
    over.sort_by(|a, b| b.score.total_cmp(&a.score));
    over
}

/// As many beams as there are beginnings of two tokens find the best text of three; so few as 3 find texts whose scores are
/// right, and none better than the best.
#[test]
fn beams_against_trying_everything() {
    for (seed, penalty) in [(6, 0.0), (7, 1.0), (8, 2.0)] {
        let model = llama(seed);
        let all = all_texts(&model, &[1, 2], penalty, 4);
        let search = BeamSearch { beams: 169, new_tokens: 3, length_penalty: penalty, stop: Some(4) };
        let best = &search.run(&model, &[1, 2])[0];
        // Sums of three logarithms from f32 logits, computed with and without the cache.
        let close = |a: &Beam, b: &Beam| a.tokens == b.tokens && (a.score - b.score).abs() < 1e-4;
        assert!(close(best, &all[0]), "seed {seed}: {best:?}, but the best is {:?}", all[0]);
        let few = BeamSearch { beams: 3, ..search.clone() }.run(&model, &[1, 2]);
        assert!(few.len() == 3 && few.is_sorted_by(|a, b| a.score >= b.score));
        assert!(few.iter().all(|beam| all.iter().any(|other| close(beam, other))), "{few:?}");
        let greedy = BeamSearch { beams: 1, stop: None, ..search }.run(&model, &[1, 2]);
        let how = Generate { new_tokens: 3, sampling: Sampling::GREEDY, ..Generate::default() };
        assert_eq!(greedy[0].tokens, how.run(&model, &[vec![1, 2]])[0], "one beam is greedy");
    }
}

/// Every parameter has its place in the state, and nothing is shown twice.
#[test]
fn a_tied_head_has_one_owner() {
    let mut names = Vec::new();
    let mut see = |model: &mut dyn Module| {
        names.clear();
        ch05_backprop::for_each_param(model, |path, _| names.push(path.to_string()));
        names.iter().filter(|name| name.contains("embedding") || name.contains("head")).count()
    };
    assert_eq!(see(&mut gpt(0)), 1);
    assert_eq!(see(&mut llama(0)), 1);
    assert_eq!(see(&mut llama(1)), 2, "a head of its own");
}
