//! Beam search: the most probable text, as far as one can find it by keeping the best few beginnings at each step.
//!
//! The probability of a text is the product of its tokens' probabilities, its logarithm the sum. Greedy search takes the
//! best next token, which may lead where every continuation is improbable. Beam search keeps `beams` beginnings; each is
//! continued by every token, and of these `beams * vocabulary` the best stay. With one beam it is greedy; with
//! `vocabulary^n` it is exhaustive up to `n` tokens.
//!
//! Each token makes the sum smaller, so texts that stop early would win. Texts that are over are therefore compared by
//! `score = log p / length^penalty`: 0 does nothing, 1 takes the mean per token, more prefers long texts. This follows
//! `generate(num_beams=…, length_penalty=…)` of the transformers library, without early stopping; a text's length is that of
//! what was added to the prompt, with the stop token.

use ch01_tensors::{Array, fail};
use ch20_transformer::NextToken;

/// How the most probable text is searched.
#[derive(Clone, Debug)]
pub struct BeamSearch {
    /// How many beginnings are kept.
    pub beams: usize,
    /// How many tokens follow the prompt at most.
    pub new_tokens: usize,
    /// The exponent of the length.
    pub length_penalty: f64,
    /// The token that ends a text.
    pub stop: Option<i64>,
}

/// A text that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// What follows the prompt, without the stop token.
    pub tokens: Vec<i64>,
    /// The logarithm of its probability, the stop token's included, over the length to the power of the penalty.
    pub score: f64,
}

/// A beginning and one more token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Which beginning.
    pub beam: usize,
    /// Which token follows.
    pub token: usize,
    /// The sum of the logarithms.
    pub sum: f64,
}

// ANCHOR: best
/// The `count` best continuations of beginnings with these sums, by the logarithms of the next token's probabilities,
/// `[beams][vocabulary]`; the best first, of equal ones those of earlier beams and smaller tokens.
pub fn best_candidates(sums: &[f64], logs: &[Vec<f64>], count: usize) -> Vec<Candidate> {
    // exercise: best - Make a `Candidate` for every beam and every token, with the sum of the beam plus the token's
    // logarithm; sort them by sum, the largest first (`b.sum.total_cmp(&a.sum)`), and keep `count`.
    let of_beam = |(beam, (&sum, logs)): (usize, (&f64, &Vec<f64>))| {
        let each = logs.iter().enumerate();
        each.map(|(token, log)| Candidate { beam, token, sum: sum + log }).collect::<Vec<_>>()
    };
    let mut all: Vec<Candidate> = sums.iter().zip(logs).enumerate().flat_map(of_beam).collect();
    all.sort_by(|a, b| b.sum.total_cmp(&a.sum));
    all.truncate(count);
    all
    // exercise: end
}

/// What texts of this length that are over are compared by.
pub fn length_score(sum: f64, length: usize, penalty: f64) -> f64 {
    // exercise: score - The sum of the logarithms over the length to the power of the penalty.
    sum / (length as f64).powf(penalty)
    // exercise: end
}
// ANCHOR_END: best

// ANCHOR: search
impl BeamSearch {
    /// The best texts that follow a prompt, at most `beams`, the best first.
    ///
    /// # Panics
    /// When there are no beams or no new tokens, the prompt is empty, or prompt and text together are longer than the model
    /// can remember.
    #[track_caller]
    pub fn run<M: NextToken>(&self, model: &M, prompt: &[i64]) -> Vec<Beam> {
        let room = model.max_tokens();
        if self.beams == 0
            || self.new_tokens == 0
            || prompt.is_empty()
            || prompt.len() + self.new_tokens > room + 1
        {
            let rule = format_args!("{} beams, a prompt of {} tokens", self.beams, prompt.len());
            fail("BeamSearch", format_args!("{rule} and {} more for a memory of {room}", self.new_tokens));
        }
        let mut cache = model.start(1);
        let (mut texts, mut sums) = (vec![Vec::new()], vec![0.0]);
        let mut ids = Array::from_fn([1, prompt.len()], |at| prompt[at[1]]);
        let mut over: Vec<Beam> = Vec::new();
        for length in 1..=self.new_tokens {
            let logs =
                log_probabilities(model.read(&mut cache, &ids).contiguous().data(), model.vocabulary());
            // Each beginning has one stop token: so many candidates leave enough that go on.
            let candidates = best_candidates(&sums, &logs, 2 * self.beams);
            let stops = |candidate: &Candidate| self.stop == Some(candidate.token as i64);
            for candidate in candidates.iter().take(self.beams).filter(|candidate| stops(candidate)) {
                let score = length_score(candidate.sum, length, self.length_penalty);
                over.push(Beam { tokens: texts[candidate.beam].clone(), score });
            }
            keep_best(&mut over, self.beams);
            let next: Vec<Candidate> =
                candidates.into_iter().filter(|c| !stops(c)).take(self.beams).collect();
            texts = next.iter().map(|c| [&texts[c.beam][..], &[c.token as i64]].concat()).collect();
            sums = next.iter().map(|c| c.sum).collect();
            // What the best beginning would get if it were over now.
            let hope = sums.first().map(|&sum| length_score(sum, length, self.length_penalty));
            let enough =
                over.len() == self.beams && hope.is_none_or(|hope| over[self.beams - 1].score >= hope);
            if enough || next.is_empty() {
                return over;
            }
            model.select(&mut cache, &next.iter().map(|c| c.beam).collect::<Vec<_>>());
            ids = Array::from_fn([next.len(), 1], |at| next[at[0]].token as i64);
        }
        let score = |sum| length_score(sum, self.new_tokens, self.length_penalty);
        over.extend(texts.into_iter().zip(sums).map(|(tokens, sum)| Beam { tokens, score: score(sum) }));
        keep_best(&mut over, self.beams);
        over
    }
}
// ANCHOR_END: search

/// Sorts by score, the best first, and drops the rest.
fn keep_best(beams: &mut Vec<Beam>, count: usize) {
    beams.sort_by(|a, b| b.score.total_cmp(&a.score));
    beams.truncate(count);
}

/// Log-softmax of each row of logits, in 64 bits.
fn log_probabilities(logits: &[f32], vocabulary: usize) -> Vec<Vec<f64>> {
    let row = |row: &[f32]| {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = row.iter().map(|&z| f64::from(z - largest).exp()).sum();
        row.iter().map(|&z| f64::from(z - largest) - sum.ln()).collect()
    };
    logits.chunks(vocabulary).map(row).collect()
}
