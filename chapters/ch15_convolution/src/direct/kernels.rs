//! The inner loops: tiles that live in registers. AVX-512, by hand.
//!
//! A processor with these instructions starts two fused multiply-adds per cycle, each of which takes four cycles: at least
//! eight must be under way at any time, in eight registers that do not wait for each other. And it loads two vectors per cycle
//! (an unaligned one may count twice): a tile of `m` by `n` registers does `m n` multiply-adds for `m + n` loads, so it should be
//! large and nearly square. There are 32 registers.

use std::arch::x86_64::*;

/// Output channels of a forward tile.
pub const ROWS: usize = 8;
/// Vectors of sixteen positions of a forward tile.
pub const VECTORS: usize = 2;
/// Floats in a vector.
pub const LANES: usize = 16;

/// Output channels of a tile of the weights' gradient.
pub const WEIGHT_ROWS: usize = 4;
/// Taps of a tile of the weights' gradient.
pub const WEIGHT_TAPS: usize = 6;

/// Where the two halves of a vector of sixteen neighbouring positions begin in the padded image. In rows that are a multiple of
/// sixteen wide the second half follows the first; in others it may be in the next row.
pub type Place = [i32; 2];

/// Sixteen numbers: at `at + place[0]` if they are neighbours (`!HALVES`), else eight from there and eight from `at + place[1]`.
///
/// # Safety
/// They can be read.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn load<const HALVES: bool>(at: *const f32, place: Place) -> __m512 {
    // SAFETY: by the caller's promise.
    unsafe {
        let first = at.offset(place[0] as isize);
        if !HALVES {
            return _mm512_loadu_ps(first);
        }
        let second = _mm256_loadu_pd(at.offset(place[1] as isize).cast());
        let first = _mm512_castpd256_pd512(_mm256_loadu_pd(first.cast()));
        _mm512_castpd_ps(_mm512_insertf64x4::<1>(first, second))
    }
}

/// Copies a row. Rows are short, and a call of the library's function for any length takes longer than the copy.
///
/// # Panics
/// When the rows differ in length.
#[target_feature(enable = "avx512f")]
#[inline]
pub fn copy(from: &[f32], to: &mut [f32]) {
    assert_eq!(from.len(), to.len());
    for start in (0..from.len()).step_by(LANES) {
        let mask = (0xffff_u32 >> (LANES - LANES.min(from.len() - start))) as __mmask16;
        // SAFETY: the mask leaves out what is beyond the end of the rows.
        unsafe {
            let part = _mm512_maskz_loadu_ps(mask, from.as_ptr().add(start));
            _mm512_mask_storeu_ps(to.as_mut_ptr().add(start), mask, part);
        }
    }
}

// ANCHOR: forward
/// A tile of the output, `ROWS` channels by `N` vectors: `y[m, :] = bias[m] + sum over taps of weights[tap, m] image[tap + place]`.
/// Of the channels, `rows` are stored, `plane` numbers apart.
///
/// # Safety
/// `weights` has `ROWS` numbers for each tap, `bias` has `ROWS`. For every tap and place sixteen numbers can be read from
/// `image` on, and `16 N` numbers can be written at each `y + m plane`, `m < rows`.
#[target_feature(enable = "avx512f")]
#[inline]
pub unsafe fn forward<const N: usize, const HALVES: bool>(
    weights: *const f32,
    taps: &[i32],
    image: *const f32,
    places: [Place; N],
    bias: &[f32; ROWS],
    (y, plane, rows): (*mut f32, usize, usize),
) {
    let mut sums = [[_mm512_setzero_ps(); N]; ROWS];
    for m in 0..ROWS {
        sums[m] = [_mm512_set1_ps(bias[m]); N];
    }
    let mut weights = weights;
    for &tap in taps {
        // SAFETY: by the caller's promises.
        unsafe {
            let at = image.offset(tap as isize);
            let mut x = [_mm512_setzero_ps(); N];
            for n in 0..N {
                x[n] = load::<HALVES>(at, places[n]);
            }
            for m in 0..ROWS {
                let weight = _mm512_set1_ps(*weights.add(m));
                for n in 0..N {
                    sums[m][n] = _mm512_fmadd_ps(weight, x[n], sums[m][n]);
                }
            }
            weights = weights.add(ROWS);
        }
    }
    for m in 0..ROWS {
        if m < rows {
            for n in 0..N {
                // SAFETY: by the caller's promises.
                unsafe { _mm512_storeu_ps(y.add(m * plane + n * LANES), sums[m][n]) };
            }
        }
    }
}
// ANCHOR_END: forward

/// A few images for a tile of the weights' gradient: rows of the output's gradient, and padded inputs.
#[derive(Clone, Copy)]
pub struct Pair {
    /// The gradient of the first output channel of the tile in the first image.
    pub grad: *const f32,
    /// From one channel to the next; the last rows of a tile may repeat the last channel.
    pub channels: [usize; WEIGHT_ROWS],
    /// From one image's gradient to the next one's.
    pub grad_step: usize,
    /// The first padded image.
    pub image: *const f32,
    /// From one padded image to the next.
    pub image_step: usize,
    pub images: usize,
    /// A gradient that will be read soon, as many numbers as a channel has; any address will do.
    pub soon: *const f32,
}

// ANCHOR: weight_gradient
/// Adds to `sums[tap * stride + m]` the dot product of the gradient's channel `m` with the image read at `tap`, for
/// `WEIGHT_ROWS` channels and `WEIGHT_TAPS` taps.
///
/// # Safety
/// Each image has sixteen numbers of gradient for every place, one vector behind the other, in each channel; for every tap
/// and place sixteen numbers can be read from `image` on. `sums` can be written at those places.
#[target_feature(enable = "avx512f")]
#[inline]
pub unsafe fn weight_gradient<const HALVES: bool>(
    pair: Pair,
    taps: &[i32; WEIGHT_TAPS],
    places: &[Place],
    sums: *mut f32,
    stride: usize,
) {
    let mut partial = [[_mm512_setzero_ps(); WEIGHT_TAPS]; WEIGHT_ROWS];
    for number in 0..pair.images {
        // SAFETY: by the caller's promises.
        unsafe {
            let mut grad = pair.grad.add(number * pair.grad_step);
            let image = pair.image.add(number * pair.image_step);
            let mut soon = pair.soon.wrapping_add(number * pair.grad_step);
            for &place in places {
                _mm_prefetch::<_MM_HINT_T0>(soon.cast());
                soon = soon.wrapping_add(LANES);
                let mut x = [_mm512_setzero_ps(); WEIGHT_TAPS];
                for k in 0..WEIGHT_TAPS {
                    x[k] = load::<HALVES>(image.offset(taps[k] as isize), place);
                }
                for m in 0..WEIGHT_ROWS {
                    let g = _mm512_loadu_ps(grad.add(pair.channels[m]));
                    for k in 0..WEIGHT_TAPS {
                        partial[m][k] = _mm512_fmadd_ps(g, x[k], partial[m][k]);
                    }
                }
                grad = grad.add(LANES);
            }
        }
    }
    for k in 0..WEIGHT_TAPS {
        let four = sum_each([partial[0][k], partial[1][k], partial[2][k], partial[3][k]]);
        // SAFETY: by the caller's promises.
        unsafe {
            let sums = sums.add(k * stride);
            _mm_storeu_ps(sums, _mm_add_ps(_mm_loadu_ps(sums), four));
        }
    }
}
// ANCHOR_END: weight_gradient

/// The sum of each of four vectors.
#[target_feature(enable = "avx512f")]
#[inline]
fn sum_each([a, b, c, d]: [__m512; 4]) -> __m128 {
    // In each 128-bit part: a0 + a2, b0 + b2, a1 + a3, b1 + b3; then a, b, c, d of the part.
    let ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    let cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    let all = _mm512_add_ps(_mm512_shuffle_ps::<0x44>(ab, cd), _mm512_shuffle_ps::<0xee>(ab, cd));
    let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(all)));
    let half = _mm256_add_ps(_mm512_castps512_ps256(all), upper);
    _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half))
}
