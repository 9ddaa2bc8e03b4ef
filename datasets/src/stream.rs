//! A stream of random numbers for one generated example: the same on every machine.
//!
//! Only `+ - * /` and the square root are used, which IEEE 754 rounds the same way everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one example, which depend on the seed, the kind of data and the example's number alone.
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// `kind` has at most 24 bytes.
    pub fn new(seed: u64, kind: &str, number: u64) -> Stream {
        // Spelled out, because a library may change how it widens a seed.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..8 + kind.len()].copy_from_slice(kind.as_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(number);
        Stream { rng }
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.rng.next_u32() >> 8) / f64::from(1 << 24)
    }

    /// Uniform between the two.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Bell-shaped around 0 with standard deviation `spread`: four uniform numbers, whose sum has variance 4/12.
    pub fn bell(&mut self, spread: f64) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 3f64.sqrt() * spread
    }

    /// Bell-shaped and coarse, from four bytes: their sum has mean 510 and variance 4 (256^2 - 1) / 12 = 21845.
    pub fn grain(&mut self, spread: f64) -> f64 {
        let sum: i32 = self.rng.next_u32().to_le_bytes().iter().map(|&byte| i32::from(byte)).sum();
        f64::from(sum - 510) / 21845f64.sqrt() * spread
    }

    /// Uniform in 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}
