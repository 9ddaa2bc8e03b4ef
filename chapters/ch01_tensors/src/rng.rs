//! Random numbers that can be repeated.
//!
//! A generator is named by a seed and a stream ("init", "shuffle", "dropout"): streams never overlap, so drawing more
//! numbers in one place changes nothing in another. ChaCha8 (Bernstein 2008) computes its n-th block directly from
//! n, so the position is a plain number that a checkpoint can save.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A stream of random numbers, the same on every platform.
#[derive(Clone, Debug)]
pub struct Rng {
    chacha: ChaCha8Rng,
    /// The second number of the last pair that [`normal`](Rng::normal) made.
    spare: Option<f64>,
}

/// Where a stream stands, for checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// How many 32-bit words were drawn.
    pub words: u128,
    /// The normal number drawn but not yet handed out.
    pub spare: Option<f64>,
}

impl Rng {
    // ANCHOR: new
    /// The stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Self {
        // FNV-1a turns the name into a stream number; two names of one program are very unlikely to collide.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let mut chacha = ChaCha8Rng::seed_from_u64(seed);
        chacha.set_stream(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash));
        Rng { chacha, spare: None }
    }
    // ANCHOR_END: new

    /// ChaCha's key and the number of the stream, for code that computes blocks itself, many at once.
    pub fn key(&self) -> ([u32; 8], u64) {
        let seed = self.chacha.get_seed();
        let word = |i: usize| u32::from_le_bytes(std::array::from_fn(|byte| seed[4 * i + byte]));
        (std::array::from_fn(word), self.chacha.get_stream())
    }

    /// Where the stream stands.
    pub fn position(&self) -> Position {
        Position { words: self.chacha.get_word_pos(), spare: self.spare }
    }

    /// Goes on from a saved position of the same seed and stream.
    pub fn seek(&mut self, position: Position) {
        self.chacha.set_word_pos(position.words);
        self.spare = position.spare;
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.chacha.next_u64()
    }

    /// A number drawn evenly from `[0, 1)`, with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A whole number drawn evenly from `0..n`.
    ///
    /// # Panics
    /// When `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "below: there is no number below 0");
        // Lemire 2019: the high half of bits * n is even but for a few low values, which are drawn again.
        loop {
            let wide = u128::from(self.bits()) * n as u128;
            if wide as u64 >= (n as u64).wrapping_neg() % n as u64 {
                return (wide >> 64) as usize;
            }
        }
    }

    /// A number drawn from the standard normal distribution (polar method, Marsaglia and Bray 1964).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // A point in the unit disc has a uniform angle and a uniform squared radius s: what Box and Muller need.
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let scale = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * scale);
                return u * scale;
            }
        }
    }

    /// Puts the items in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The distributions of the rand and rand_distr crates can draw from a stream too: `Exp::new(2.0)?.sample(&mut rng)`.
impl rand::TryRng for Rng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.chacha.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.chacha.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.chacha.try_fill_bytes(bytes)
    }
}
