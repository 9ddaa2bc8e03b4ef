//! Sums over long stretches of numbers, for the norms whose rows are planes of images.
//!
//! In 32 bits a sum of a hundred thousand terms has lost several digits. So stretches are added up in sixteen lanes of type T,
//! and the stretches' sums in 64 bits; always in the same order.

use ch01_tensors::Float;
use ch03_neurons::simd;

/// Numbers that are added up in T before 64 bits take over.
const STRETCH: usize = 4096;

/// The mean, as a T, and the variance (divided by `n`) of a long row, in two passes as [`moments`](crate::moments).
#[inline(always)]
pub fn long_moments<T: Float>(x: &[T]) -> (T, f64) {
    let n = x.len() as f64;
    let total = |f: &dyn Fn(&[T]) -> T| x.chunks(STRETCH).map(|stretch| f(stretch).to_f64()).sum::<f64>() / n;
    let exact = total(&|stretch| simd::sum(stretch, |x| x));
    let mean = T::from_f64(exact);
    let squares = total(&|stretch| simd::sum(stretch, |x| (x - mean) * (x - mean)));
    // The mean was rounded to T: the squares around it are too large by the square of that error.
    (mean, (squares - (exact - mean.to_f64()).powi(2)).max(0.0))
}

/// `sum g` and `sum g (x - mean)`, each in sixteen lanes, always in the same order.
#[inline(always)]
pub fn two_sums<T: Float>(g: &[T], x: &[T], mean: T) -> [T; 2] {
    let mut lanes = [[T::ZERO; 16]; 2];
    let (g_groups, g_rest) = g.as_chunks::<16>();
    let (x_groups, x_rest) = x.as_chunks::<16>();
    for (g, x) in g_groups.iter().zip(x_groups) {
        for lane in 0..16 {
            lanes[0][lane] += g[lane];
            lanes[1][lane] += g[lane] * (x[lane] - mean);
        }
    }
    for (lane, (&g, &x)) in g_rest.iter().zip(x_rest).enumerate() {
        lanes[0][lane] += g;
        lanes[1][lane] += g * (x - mean);
    }
    lanes.map(|lanes| lanes.into_iter().fold(T::ZERO, |sum, lane| sum + lane))
}
