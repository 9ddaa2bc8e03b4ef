//! Vectors of 16 floats: AVX-512, with 32 registers and masks that cost nothing.

use std::arch::asm;
use std::arch::x86_64::*;

use super::MicroKernel;
use super::tile::{self, Tile, Vector, variants};

impl Vector for __m512 {
    const LANES: usize = 16;
    type Mask = __mmask16;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller knows that the processor has AVX-512; so for all that follows.
        unsafe { _mm512_setzero_ps() }
    }

    #[inline(always)]
    unsafe fn mask(count: usize) -> __mmask16 {
        u16::MAX >> (16 - count)
    }

    #[inline(always)]
    unsafe fn splat(from: *const f32) -> Self {
        // SAFETY: as above; the number is valid for reading.
        unsafe { _mm512_set1_ps(*from) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; 16 numbers are valid for reading.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, mask: __mmask16) -> Self {
        // SAFETY: as above; those that the mask names are valid for reading.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above; 16 numbers are valid for writing.
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, mask: __mmask16) {
        // SAFETY: as above; those that the mask names are valid for writing.
        unsafe { _mm512_mask_storeu_ps(to, mask, self) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_fmadd_ps(self, factor, sum) }
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

/// The processor has AVX-512: only [`Avx512::detect`] makes one.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Avx512(()))
    }
}

#[target_feature(enable = "avx512f")]
unsafe fn tile<const R: usize, const N: usize, const UNIT: bool, const FRESH: bool>(t: &Tile) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe { tile::tile::<__m512, R, N, UNIT, FRESH>(t) }
}

/// Four vectors hold 4 columns of 16 rows: lane `l` of vector `r` those of row `r + 4 l`. Turns each lane's 4 by 4.
///
/// # Safety
/// Four numbers from each of the 16 pointers on are valid for reading, 4 rows of 16 with `width` from one to the next
/// for writing.
#[target_feature(enable = "avx512f")]
unsafe fn turn(from: &[*const f32; 32], first: usize, p: usize, to: *mut f32, width: usize) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe {
        let four = |r: usize| _mm_loadu_ps(from[first + r].wrapping_add(p));
        let gather = |r: usize| {
            let x = _mm512_castps128_ps512(four(r));
            let x = _mm512_insertf32x4::<1>(x, four(r + 4));
            let x = _mm512_insertf32x4::<2>(x, four(r + 8));
            _mm512_castps_pd(_mm512_insertf32x4::<3>(x, four(r + 12)))
        };
        let low = |x, y| _mm512_castps_pd(_mm512_unpacklo_ps(_mm512_castpd_ps(x), _mm512_castpd_ps(y)));
        let high = |x, y| _mm512_castps_pd(_mm512_unpackhi_ps(_mm512_castpd_ps(x), _mm512_castpd_ps(y)));
        let [x0, x1, x2, x3] = [gather(0), gather(1), gather(2), gather(3)];
        let [low_01, low_23, high_01, high_23] = [low(x0, x1), low(x2, x3), high(x0, x1), high(x2, x3)];
        _mm512_storeu_pd(to.cast(), _mm512_unpacklo_pd(low_01, low_23));
        _mm512_storeu_pd(to.add(width).cast(), _mm512_unpackhi_pd(low_01, low_23));
        _mm512_storeu_pd(to.add(2 * width).cast(), _mm512_unpacklo_pd(high_01, high_23));
        _mm512_storeu_pd(to.add(3 * width).cast(), _mm512_unpackhi_pd(high_01, high_23));
    }
}

/// As [`MicroKernel::turn`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f")]
unsafe fn turn_all(from: &[*const f32; 32], k: usize, to: *mut f32) {
    for p in (0..k).step_by(4) {
        // SAFETY: the caller's promise.
        unsafe {
            turn(from, 0, p, to.add(32 * p), 32);
            turn(from, 16, p, to.add(32 * p + 16), 32);
        }
    }
}

/// As [`MicroKernel::gather`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f")]
unsafe fn gather(from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
    // SAFETY: the caller's promise, and the attribute.
    unsafe { tile::gather::<__m512>(from, step, rows, k, to) }
}

impl MicroKernel for Avx512 {
    const ROWS: usize = 14;
    const LANES: usize = 16;
    const INNER: usize = 256;
    const TALL: usize = 210;
    const WIDE: usize = 2048;

    unsafe fn tile(self, rows: usize, variant: usize, t: &Tile) {
        type Tiles = [[unsafe fn(&Tile); 8]; 14];
        const TILES: Tiles = variants!(tile: 1 2 3 4 5 6 7 8 9 10 11 12 13 14);
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
