//! A random choice of elements, one bit for each.
//!
//! Dropout needs the same choice again on the way back. As floats it would cost as much memory as the activations
//! themselves; as bits it costs a thirty-second part.
//!
//! Each element takes 16 random bits, a whole number from 0 to 65535, and is kept if the number is at least `dropped`:
//! a probability of `1 - dropped / 65536`. Element `i` always takes its bits from the same place behind the start of the
//! mask, so threads can draw parts of a mask side by side, and any number of them draws the same one.

use ch01_tensors::{Array, Float, Position, Rng, Shape, fail};
use ch03_neurons::simd::{Body, Level, at_level};
use ch12_regularization::draw_wide;
use rand::TryRng;
use rayon::prelude::*;

/// How many different numbers an element may draw: probabilities are rounded to multiples of one in this many.
pub const DRAWS: u32 = 1 << 16;
/// Elements per parallel task, and the least that is worth a second thread.
const CHUNK: usize = 1 << 15;
/// 16 random bits for each of the eight elements of a byte are four of the stream's 32-bit words.
const WORDS_PER_BYTE: usize = 4;

/// Which elements of an array are kept.
#[derive(Clone)]
pub struct Mask {
    shape: Shape,
    /// Bit `i % 8` of byte `i / 8` is 1 if element `i` is kept, in row-major order. Without bits, all are kept.
    bits: Option<Array<u8>>,
}

impl Mask {
    /// Draws a mask that drops each element with probability `dropped / 65536`, independently of the others.
    /// The stream moves on by four words for each eight elements begun, except that it stays where it is when nothing
    /// can be dropped.
    ///
    /// # Panics
    /// When `dropped` is above 65536.
    #[track_caller]
    pub fn draw(shape: Shape, dropped: u32, rng: &mut Rng) -> Self {
        if dropped > DRAWS {
            fail("Mask::draw", format_args!("a share of {dropped} / {DRAWS} is more than everything"));
        }
        if dropped == 0 {
            return Mask { shape, bits: None };
        }
        let mut bits = Array::scratch([shape.size().div_ceil(8)]);
        let start = rng.position();
        let at = |word: usize| Position { words: start.words + word as u128, spare: start.spare };
        let bytes: &mut [u8] = bits.data_mut();
        let length = bytes.len();
        let part = |(part, bytes): (usize, &mut [u8])| {
            let mut rng = rng.clone();
            rng.seek(at(part * CHUNK / 8 * WORDS_PER_BYTE));
            draw_part(bytes, dropped, &mut rng);
        };
        if length < 2 * CHUNK / 8 {
            bytes.chunks_mut(CHUNK / 8).enumerate().for_each(part);
        } else {
            bytes.par_chunks_mut(CHUNK / 8).enumerate().for_each(part);
        }
        rng.seek(at(length * WORDS_PER_BYTE));
        Mask { shape, bits: Some(bits) }
    }

    /// A mask that keeps the elements that are true.
    pub fn from_kept(kept: &Array<bool>) -> Self {
        let kept_flat = kept.to_vec();
        let byte = |eight: &[bool]| eight.iter().rev().fold(0, |byte, &kept| byte << 1 | u8::from(kept));
        let bytes: Vec<u8> = kept_flat.chunks(8).map(byte).collect();
        Mask { shape: *kept.shape(), bits: Some(Array::from_slice(&bytes, [bytes.len()])) }
    }

    /// Which elements are kept.
    pub fn kept(&self) -> Array<bool> {
        let Some(bits) = &self.bits else { return Array::full(self.shape, true) };
        let (bits, mut i) = (bits.data(), 0..);
        Array::from_fn(self.shape, |_| {
            let i: usize = i.next().expect("endless");
            bits[i / 8] >> (i % 8) & 1 == 1
        })
    }

    /// The shape of the arrays that the mask is for.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Multiplies the elements that are kept by `factor`, and all others by 0: so NaN stays NaN, and a fault upstream is
    /// not hidden. In place if nobody else holds the array.
    ///
    /// # Panics
    /// When the array has another shape than the mask.
    #[track_caller]
    pub fn apply<T: Float>(&self, operation: &str, mut x: Array<T>, factor: T) -> Array<T> {
        if *x.shape() != self.shape {
            let rule = format_args!("an array of shape {:?} for a mask of {:?}", x.shape(), self.shape);
            fail(operation, rule);
        }
        let Some(bits) = &self.bits else {
            return if factor == T::ONE { x } else { x * factor };
        };
        let (level, bits) = (Level::detect(), bits.data());
        let data = x.data_mut();
        if data.len() < 2 * CHUNK {
            at_level(level, Apply { x: data, bits, factor });
        } else {
            let parts = data.par_chunks_mut(CHUNK).zip(bits.par_chunks(CHUNK / 8));
            parts.for_each(|(x, bits)| at_level(level, Apply { x, bits, factor }));
        }
        x
    }
}

/// Draws the bits of one part of a mask: in wide vectors where the processor has them, and what is left, fewer than 512
/// elements, one after the other.
fn draw_part(bytes: &mut [u8], dropped: u32, rng: &mut Rng) {
    let done = draw_wide(bytes, dropped, rng);
    let mut random = [0; 1024];
    for bytes in bytes[done..].chunks_mut(random.len() / 16) {
        let random = &mut random[..16 * bytes.len()];
        rng.try_fill_bytes(random).expect("a stream never fails");
        for (byte, random) in bytes.iter_mut().zip(random.as_chunks::<16>().0) {
            *byte = kept_bits(random, dropped);
        }
    }
}

/// The bits of eight elements: element `i` has drawn the whole number `random[2 i] + 256 random[2 i + 1]`.
#[inline(always)]
fn kept_bits(random: &[u8; 16], dropped: u32) -> u8 {
    // Yours: Return a byte whose bit i is 1 if element i is kept: if its number is at least `dropped`, so
    // that `dropped` of the 65536 numbers drop it. Each element has a number of its own.
    todo!()
}

struct Apply<'a, T> {
    x: &'a mut [T],
    bits: &'a [u8],
    factor: T,
}

impl<T: Float> Body for Apply<'_, T> {
    #[inline(always)]
    fn run(self) {
        let factor = |bits: u8, i: usize| if bits & 1 << i != 0 { self.factor } else { T::ZERO };
        let (eights, rest) = self.x.as_chunks_mut::<8>();
        for (x, &bits) in eights.iter_mut().zip(self.bits) {
            for i in 0..8 {
                x[i] *= factor(bits, i);
            }
        }
        for (i, x) in rest.iter_mut().enumerate() {
            *x *= factor(self.bits[eights.len()], i);
        }
    }
}
