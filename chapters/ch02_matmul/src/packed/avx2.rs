//! Vectors of 8 floats: AVX2 with fused multiplication and addition, 16 registers.

use std::arch::asm;
use std::arch::x86_64::*;

use super::MicroKernel;
use super::tile::{self, Tile, Vector, variants};

impl Vector for __m256 {
    const LANES: usize = 8;
    type Mask = __m256i;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller knows that the processor has AVX2 and FMA; so for all that follows.
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    unsafe fn mask(count: usize) -> __m256i {
        // SAFETY: as above.
        unsafe {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes)
        }
    }

    #[inline(always)]
    unsafe fn splat(from: *const f32) -> Self {
        // SAFETY: as above; the number is valid for reading.
        unsafe { _mm256_set1_ps(*from) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; 8 numbers are valid for reading.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, mask: __m256i) -> Self {
        // SAFETY: as above; those that the mask names are valid for reading.
        unsafe { _mm256_maskload_ps(from, mask) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above; 8 numbers are valid for writing.
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, mask: __m256i) {
        // SAFETY: as above; those that the mask names are valid for writing.
        unsafe { _mm256_maskstore_ps(to, mask, self) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_fmadd_ps(self, factor, sum) }
    }

    #[inline(always)]
    fn prefetch(at: *const f32) {
        // SAFETY: a prefetch is a hint; a bad address is ignored.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }

    #[inline(always)]
    fn prefetch_far(at: *const f32) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }

    #[inline(always)]
    #[expect(clippy::pointers_in_nomem_asm_block, reason = "nothing is read: there is no instruction")]
    fn opaque(mut pointer: *const f32) -> *const f32 {
        // SAFETY: no instruction at all.
        unsafe { asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags)) };
        pointer
    }
}

/// The processor has AVX2 and FMA: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Avx2(()))
    }
}

#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const R: usize, const N: usize, const UNIT: bool, const FRESH: bool>(t: &Tile) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe { tile::tile::<__m256, R, N, UNIT, FRESH>(t) }
}

/// Four vectors hold 4 columns of 8 rows: lane `l` of vector `r` those of row `r + 4 l`. Turns each lane's 4 by 4.
///
/// # Safety
/// Four numbers from each of the 8 pointers on are valid for reading, 4 rows of 8 with `width` from one to the next for
/// writing.
#[target_feature(enable = "avx2,fma")]
unsafe fn turn(from: &[*const f32; 32], first: usize, p: usize, to: *mut f32, width: usize) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe {
        let four = |r: usize| _mm_loadu_ps(from[first + r].wrapping_add(p));
        let gather = |r: usize| {
            let x = _mm256_castps128_ps256(four(r));
            _mm256_castps_pd(_mm256_insertf128_ps::<1>(x, four(r + 4)))
        };
        let low = |x, y| _mm256_castps_pd(_mm256_unpacklo_ps(_mm256_castpd_ps(x), _mm256_castpd_ps(y)));
        let high = |x, y| _mm256_castps_pd(_mm256_unpackhi_ps(_mm256_castpd_ps(x), _mm256_castpd_ps(y)));
        let [x0, x1, x2, x3] = [gather(0), gather(1), gather(2), gather(3)];
        let [low_01, low_23, high_01, high_23] = [low(x0, x1), low(x2, x3), high(x0, x1), high(x2, x3)];
        _mm256_storeu_pd(to.cast(), _mm256_unpacklo_pd(low_01, low_23));
        _mm256_storeu_pd(to.add(width).cast(), _mm256_unpackhi_pd(low_01, low_23));
        _mm256_storeu_pd(to.add(2 * width).cast(), _mm256_unpacklo_pd(high_01, high_23));
        _mm256_storeu_pd(to.add(3 * width).cast(), _mm256_unpackhi_pd(high_01, high_23));
    }
}

/// As [`MicroKernel::turn`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx2,fma")]
unsafe fn turn_all(from: &[*const f32; 32], k: usize, to: *mut f32) {
    for p in (0..k).step_by(4) {
        // SAFETY: the caller's promise.
        unsafe {
            turn(from, 0, p, to.add(16 * p), 16);
            turn(from, 8, p, to.add(16 * p + 8), 16);
        }
    }
}

/// As [`MicroKernel::gather`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx2,fma")]
unsafe fn gather(from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe { tile::gather::<__m256>(from, step, rows, k, to) }
}

impl MicroKernel for Avx2 {
    const ROWS: usize = 6;
    const LANES: usize = 8;
    const INNER: usize = 384;
    const TALL: usize = 384;
    const WIDE: usize = 1024;

    unsafe fn tile(self, rows: usize, variant: usize, t: &Tile) {
        type Tiles = [[unsafe fn(&Tile); 8]; 6];
        const TILES: Tiles = variants!(tile: 1 2 3 4 5 6);
        // SAFETY: the processor has the instructions, as `self` proves; the rest is the caller's promise.
        unsafe { TILES[rows - 1][variant](t) }
    }

    unsafe fn turn(self, from: &[*const f32; 32], k: usize, to: *mut f32) {
        // SAFETY: as above.
        unsafe { turn_all(from, k, to) }
    }

    unsafe fn gather(self, from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
        // SAFETY: as above.
        unsafe { gather(from, step, rows, k, to) }
    }
}
