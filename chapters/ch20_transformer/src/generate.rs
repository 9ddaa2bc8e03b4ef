//! Writing texts with a model, several at once: read the prompts, then draw a token for each, read it, and so on.
//!
//! Prompts of different lengths need no padding and no masks: all texts are read up to the end of the shortest prompt, and
//! from there on token by token; a text whose prompt is not over takes its next token from the prompt instead of drawing
//! it.
//!
//! When a model cannot remember more, it forgets everything and reads the last half of what it could remember again, as if
//! the text began there. (A window that moves on with each token would have to be read again each time, since learned places
//! change with it.)
//!
//! Each text draws from a random stream of its own, by the seed and its number: what it becomes does not depend on the other
//! texts, up to the roundings of sums.

use ch01_tensors::{Array, Rng, fail};

use crate::{NextToken, Sampling};

// ANCHOR: generate
/// How texts are written.
#[derive(Clone, Debug)]
pub struct Generate {
    /// How many tokens follow each prompt, unless it stops before.
    pub new_tokens: usize,
    /// How a token is chosen.
    pub sampling: Sampling,
    /// The token that ends a text; it is not part of it.
    pub stop: Option<i64>,
    /// Where all chance comes from.
    pub seed: u64,
}

impl Default for Generate {
    /// A hundred tokens from the model's own probabilities, without a stop token.
    fn default() -> Self {
        Generate { new_tokens: 100, sampling: Sampling::default(), stop: None, seed: 0 }
    }
}

impl Generate {
    /// What follows each prompt.
    ///
    /// # Panics
    /// When a prompt is empty or longer than the model can remember, or the model can remember less than 2 tokens.
    #[track_caller]
    pub fn run<M: NextToken>(&self, model: &M, prompts: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let (shortest, room) = (prompts.iter().map(Vec::len).min().unwrap_or(0), model.max_tokens());
        let longest = prompts.iter().map(Vec::len).max().unwrap_or(0);
        if shortest == 0 || longest > room || room < 2 {
            let rule = format_args!("prompts of {shortest} to {longest} tokens for a memory of {room}");
            fail("Generate", rule);
        }
        let mut streams: Vec<Rng> =
            (0..prompts.len()).map(|row| Rng::new(self.seed, &format!("generate.{row}"))).collect();
        // What each text has been read as, and which are over.
        let mut texts: Vec<Vec<i64>> = prompts.iter().map(|prompt| prompt[..shortest].to_vec()).collect();
        let mut lengths: Vec<Option<usize>> = vec![(self.new_tokens == 0).then_some(0); prompts.len()];
        let mut cache = model.start(prompts.len());
        let (mut remembered, mut read) = (0, 0);
        while lengths.iter().any(Option::is_none) {
            let time = texts[0].len();
            if remembered + (time - read) > room {
                (cache, remembered, read) = (model.start(prompts.len()), 0, time - room / 2);
            }
            let ids = Array::from_fn([texts.len(), time - read], |at| texts[at[0]][read + at[1]]);
            let scores = model.read(&mut cache, &ids).contiguous();
            (remembered, read) = (remembered + time - read, time);
            for (row, text) in texts.iter_mut().enumerate() {
                let logits = &scores.data()[row * model.vocabulary()..][..model.vocabulary()];
                let next = match prompts[row].get(time) {
                    Some(&given) => given,
                    // A text that is over is read on with anything; nobody looks at it.
                    None if lengths[row].is_some() => text[time - 1],
                    None => self.sampling.draw(logits, &mut streams[row]),
                };
                text.push(next);
                let drawn = (time + 1).saturating_sub(prompts[row].len());
                if lengths[row].is_none() && drawn > 0 {
                    let stopped = self.stop == Some(next);
                    if stopped || drawn == self.new_tokens {
                        lengths[row] = Some(drawn - usize::from(stopped));
                    }
                }
            }
        }
        let new = |((text, prompt), length): ((Vec<i64>, &Vec<i64>), Option<usize>)| {
            text.into_iter().skip(prompt.len()).take(length.unwrap_or(0)).collect()
        };
        texts.into_iter().zip(prompts).zip(lengths).map(new).collect()
    }
}
// ANCHOR_END: generate
