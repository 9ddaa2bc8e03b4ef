//! Dropping whole blocks of an array: channels, branches, examples.
//!
//! The first axes of an array say which block a number belongs to: `[batch, channels]` for Dropout2d, `[batch]` for
//! DropPath. A block is a stretch of memory. Each is kept or dropped as a whole, so it needs one factor, not a mask of its
//! size: `1 / (1 - p)` or 0, and the way back multiplies by the same.

use ch01_tensors::{Array, Float, Rng, Shape, fail};
use ch12_regularization::{DRAWS, Mask};
use rayon::prelude::*;

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;

/// Multiplies each block by its factor; `factors` has one for each index of the first axes. In place if nobody else holds
/// the array.
///
/// # Panics
/// When the first axes are not those of the factors.
#[track_caller]
pub fn scale_blocks<T: Float>(operation: &str, x: Array<T>, factors: &Array<T>) -> Array<T> {
    if !x.shape().starts_with(factors.shape()) {
        let rule = format_args!("factors of shape {:?} for an array of {:?}", factors.shape(), x.shape());
        fail(operation, rule);
    }
    let mut x = x.contiguous();
    if x.is_empty() {
        return x;
    }
    let (size, length) = (x.size(), x.size() / factors.size());
    let scale = |(x, &factor): (&mut [T], &T)| x.iter_mut().for_each(|x| *x *= factor);
    if size < PARALLEL_MIN {
        x.data_mut().chunks_mut(length).zip(factors.data()).for_each(scale);
    } else {
        x.data_mut().par_chunks_mut(length).zip(factors.data()).for_each(scale);
    }
    x
}

/// What layers that drop blocks have in common: the probability, the stream, and the factors of forward calls that have not
/// been gone back through.
#[derive(Clone)]
pub(crate) struct Blocks<T: Float> {
    operation: &'static str,
    /// Of 65536 numbers, how many drop a block.
    dropped: u32,
    pub(crate) rng: Rng,
    kept: Vec<Array<T>>,
}

impl<T: Float> Blocks<T> {
    #[track_caller]
    pub(crate) fn new(operation: &'static str, p: f64, rng: Rng) -> Self {
        if !(0.0..=1.0).contains(&p) {
            fail(operation, format_args!("p = {p} is not a probability"));
        }
        Blocks { operation, dropped: (p * f64::from(DRAWS)).round() as u32, rng, kept: Vec::new() }
    }

    pub(crate) fn to_f64(&self) -> Blocks<f64> {
        Blocks { operation: self.operation, dropped: self.dropped, rng: self.rng.clone(), kept: Vec::new() }
    }

    pub(crate) fn p(&self) -> f64 {
        f64::from(self.dropped) / f64::from(DRAWS)
    }

    /// Draws a mask of this shape, that of the first axes.
    pub(crate) fn draw(&mut self, shape: Shape) -> Mask {
        Mask::draw(shape, self.dropped, &mut self.rng)
    }

    #[track_caller]
    pub(crate) fn forward_with(&mut self, x: Array<T>, mask: &Mask) -> Array<T> {
        let factor = if self.dropped == DRAWS { 0.0 } else { 1.0 / (1.0 - self.p()) };
        let factors = mask.apply(self.operation, Array::ones(*mask.shape()), T::from_f64(factor));
        let y = scale_blocks(self.operation, x, &factors);
        self.kept.push(factors);
        y
    }

    #[track_caller]
    pub(crate) fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(factors) = self.kept.pop() else {
            fail(self.operation, format_args!("backward: no forward call to go back through"))
        };
        scale_blocks(self.operation, grad, &factors)
    }
}
