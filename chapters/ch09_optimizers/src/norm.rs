//! What clipping needs of large arrays: the sum of squares, and a multiplication in place.
//!
//! The sum is one of f64, in an order that depends on the size alone: sixteen sums side by side within a part, then the
//! parts in their order. So it is the same for any number of threads, and precise for any number of terms.

use ch01_tensors::{Array, Float};
use ch03_neurons::simd::{Body, Level, at_level};
use rayon::prelude::*;

/// At most this many parts, whose sums are kept on the stack.
const PARTS: usize = 64;
/// Fewest numbers per part.
const PART: usize = 1 << 14;

struct Squares<'a, T> {
    x: &'a [T],
    sum: &'a mut f64,
}

impl<T: Float> Body for Squares<'_, T> {
    #[inline(always)]
    fn run(self) {
        let mut lanes = [0.0; 16];
        let (groups, rest) = self.x.as_chunks::<16>();
        for group in groups {
            for (lane, &x) in lanes.iter_mut().zip(group) {
                let x = x.to_f64();
                *lane += x * x;
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            let x = x.to_f64();
            *lane += x * x;
        }
        *self.sum = lanes.iter().sum();
    }
}

/// The sum of the squares of all elements.
pub fn sum_of_squares<T: Float>(x: &Array<T>) -> f64 {
    let (level, x) = (Level::detect(), x.clone().contiguous());
    let x = x.data();
    let part = x.len().div_ceil(PARTS).max(PART);
    let mut sums = [0.0; PARTS];
    if x.len() <= part {
        at_level(level, Squares { x, sum: &mut sums[0] });
    } else {
        let parts = sums.par_iter_mut().zip(x.par_chunks(part));
        parts.for_each(|(sum, x)| at_level(level, Squares { x, sum }));
    }
    sums.iter().sum()
}

/// Multiplies all elements by a number, in place.
pub fn scale<T: Float>(x: &mut Array<T>, factor: f64) {
    let factor = T::from_f64(factor);
    x.map_assign(|x| x * factor);
}
