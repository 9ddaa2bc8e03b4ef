//! From scores to a token: greedily, or by chance with a temperature and without the tail.
//!
//! The temperature `τ` divides the logits: `p_v ∝ e^(z_v / τ) ∝ q_v^(1/τ)`, where `q` are the model's probabilities. `τ = 1`
//! leaves them; below 1 the large ones grow; towards 0 the largest takes all, which is greedy; towards infinity all
//! tokens become equal. Then top-k, then top-p (on what top-k has left, divided by its sum), in the order of the
//! transformers library.

use ch01_tensors::{Rng, fail};
use ch20_transformer::{keep_top_k, keep_top_p};

// ANCHOR: sampling
/// How a token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// What the logits are divided by; 0 takes the largest, and nothing is random.
    pub temperature: f64,
    /// Only so many of the most probable tokens may come.
    pub top_k: Option<usize>,
    /// Only the most probable tokens that hold this share together may come.
    pub top_p: Option<f64>,
}

impl Default for Sampling {
    /// From the model's own probabilities, all of them.
    fn default() -> Self {
        Sampling { temperature: 1.0, top_k: None, top_p: None }
    }
}

impl Sampling {
    /// The most probable token, always.
    pub const GREEDY: Sampling = Sampling { temperature: 0.0, top_k: None, top_p: None };

    /// The probabilities from which a token is drawn.
    ///
    /// # Panics
    /// When there are no logits, one is NaN, or the temperature is negative.
    #[track_caller]
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if logits.is_empty()
            || logits.iter().any(|z| z.is_nan())
            || self.temperature.is_nan()
            || self.temperature < 0.0
        {
            let rule = format_args!("{} logits, temperature {}", logits.len(), self.temperature);
            fail("Sampling", format_args!("{rule}: no logits, NaN, or a negative temperature"));
        }
        if self.temperature == 0.0 {
            let first = logits.iter().position(|&z| z == largest).unwrap_or(0);
            return (0..logits.len()).map(|token| f64::from(u8::from(token == first))).collect();
        }
        let scaled = |&z: &f32| ((f64::from(z) - f64::from(largest)) / self.temperature).exp();
        let mut p: Vec<f64> = logits.iter().map(scaled).collect();
        if let Some(k) = self.top_k {
            keep_top_k(&mut p, k);
        }
        normalise(&mut p);
        if let Some(share) = self.top_p {
            keep_top_p(&mut p, share);
            normalise(&mut p);
        }
        p
    }

    /// A token, drawn with one random number, or none at temperature 0.
    ///
    /// # Panics
    /// As [`probabilities`](Sampling::probabilities).
    #[track_caller]
    pub fn draw(&self, logits: &[f32], rng: &mut Rng) -> i64 {
        let p = self.probabilities(logits);
        let mut left = if self.temperature == 0.0 { 0.0 } else { rng.uniform() };
        let mut last = 0;
        // The token in whose piece of the line from 0 to 1 the number lies. Roundings may leave it behind the end.
        for (token, &p) in p.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            last = token;
            if left < p {
                break;
            }
            left -= p;
        }
        last as i64
    }
}
// ANCHOR_END: sampling

fn normalise(p: &mut [f64]) {
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
}
