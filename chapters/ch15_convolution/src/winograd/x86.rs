//! Tiles in vectors of 16 floats (AVX-512) and of 8 (AVX2 with fused multiplication and addition).

use std::arch::x86_64::*;

use super::lanes::{Lanes, Work};

/// # Safety
/// The processor has AVX-512; and as the work asks.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn avx512(work: impl Work) {
    // SAFETY: the caller's promise.
    unsafe { work.run::<__m512>() }
}

/// # Safety
/// The processor has AVX2 and FMA; and as the work asks.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn avx2(work: impl Work) {
    // SAFETY: the caller's promise.
    unsafe { work.run::<__m256>() }
}

#[inline(always)]
fn prefetch<const HINT: i32>(at: *const f32) {
    // SAFETY: a prefetch is a hint; a bad address is ignored.
    unsafe { _mm_prefetch::<HINT>(at.cast()) }
}

/// The mask of the first lanes.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    (0xffff_u32 >> (16 - count)) as __mmask16
}

impl Lanes for __m512 {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller knows that the processor has AVX-512; so for all that follows.
        unsafe { _mm512_set1_ps(number) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; the caller's promise about memory, here and in the next three.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_maskz_loadu_ps(first(count), from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_ps(to, first(count), self) }
    }

    #[inline(always)]
    fn prefetch(at: *const f32) {
        prefetch::<_MM_HINT_T0>(at);
    }

    #[inline(always)]
    fn prefetch_to_write(at: *const f32) {
        prefetch::<_MM_HINT_ET0>(at);
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_sub_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn times(self, factor: f32) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_mul_ps(self, _mm512_set1_ps(factor)) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: f32, sum: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_fmadd_ps(self, _mm512_set1_ps(factor), sum) }
    }

    #[inline(always)]
    unsafe fn apart([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: as above.
        unsafe {
            // Eight of one number, eight of the next.
            let (low, high) = (every_fourth(0), every_fourth(2));
            let (ab_01, ab_23) = (_mm512_permutex2var_ps(a, low, b), _mm512_permutex2var_ps(a, high, b));
            let (cd_01, cd_23) = (_mm512_permutex2var_ps(c, low, d), _mm512_permutex2var_ps(c, high, d));
            [
                _mm512_shuffle_f32x4::<0x44>(ab_01, cd_01),
                _mm512_shuffle_f32x4::<0xee>(ab_01, cd_01),
                _mm512_shuffle_f32x4::<0x44>(ab_23, cd_23),
                _mm512_shuffle_f32x4::<0xee>(ab_23, cd_23),
            ]
        }
    }

    #[inline(always)]
    unsafe fn together([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: as above.
        unsafe {
            let ab = [_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b)];
            let cd = [_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xee>(c, d)];
            // Of lanes 0..8 of a, 0..8 of b, 0..8 of c and 0..8 of d, the first four of each, then the last four.
            let low = _mm512_setr_epi32(0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27);
            let high = _mm512_setr_epi32(4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31);
            [
                _mm512_permutex2var_ps(ab[0], low, cd[0]),
                _mm512_permutex2var_ps(ab[0], high, cd[0]),
                _mm512_permutex2var_ps(ab[1], low, cd[1]),
                _mm512_permutex2var_ps(ab[1], high, cd[1]),
            ]
        }
    }

    #[inline(always)]
    unsafe fn up(self, first: f32, mask: u16) -> Self {
        // SAFETY: as above.
        unsafe {
            let (x, first) = (_mm512_castps_si512(self), _mm512_castps_si512(_mm512_set1_ps(first)));
            _mm512_castsi512_ps(_mm512_maskz_alignr_epi32::<15>(mask, x, first))
        }
    }

    #[inline(always)]
    unsafe fn down(self, last: f32, mask: u16) -> Self {
        // SAFETY: as above.
        unsafe {
            let (x, last) = (_mm512_castps_si512(self), _mm512_castps_si512(_mm512_set1_ps(last)));
            _mm512_castsi512_ps(_mm512_maskz_alignr_epi32::<1>(mask, last, x))
        }
    }
}

/// Of two vectors, every fourth lane from `from` on, then every fourth from the next on.
#[inline(always)]
unsafe fn every_fourth(from: i32) -> __m512i {
    // SAFETY: the caller knows that the processor has AVX-512.
    unsafe {
        let lanes = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
        _mm512_add_epi32(lanes, _mm512_set1_epi32(from))
    }
}

impl Lanes for __m256 {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller knows that the processor has AVX2 and FMA; so for all that follows.
        unsafe { _mm256_set1_ps(number) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; the caller's promise about memory, here and in the next three.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_maskload_ps(from, first_of_eight(count)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { _mm256_maskstore_ps(to, first_of_eight(count), self) }
    }

    #[inline(always)]
    fn prefetch(at: *const f32) {
        prefetch::<_MM_HINT_T0>(at);
    }

    #[inline(always)]
    fn prefetch_to_write(at: *const f32) {
        prefetch::<_MM_HINT_ET0>(at);
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_sub_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn times(self, factor: f32) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_mul_ps(self, _mm256_set1_ps(factor)) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: f32, sum: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_fmadd_ps(self, _mm256_set1_ps(factor), sum) }
    }

    #[inline(always)]
    unsafe fn apart([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: as above.
        unsafe {
            // Tiles 0 and 4, 1 and 5, 2 and 6, 3 and 7.
            turn([
                _mm256_permute2f128_ps::<0x20>(a, c),
                _mm256_permute2f128_ps::<0x31>(a, c),
                _mm256_permute2f128_ps::<0x20>(b, d),
                _mm256_permute2f128_ps::<0x31>(b, d),
            ])
        }
    }

    #[inline(always)]
    unsafe fn together(vectors: [Self; 4]) -> [Self; 4] {
        // SAFETY: as above.
        unsafe {
            let [a, b, c, d] = turn(vectors);
            [
                _mm256_permute2f128_ps::<0x20>(a, b),
                _mm256_permute2f128_ps::<0x20>(c, d),
                _mm256_permute2f128_ps::<0x31>(a, b),
                _mm256_permute2f128_ps::<0x31>(c, d),
            ]
        }
    }

    #[inline(always)]
    unsafe fn up(self, first: f32, mask: u16) -> Self {
        // SAFETY: as above.
        unsafe {
            let moved = _mm256_permutevar8x32_ps(self, _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6));
            _mm256_and_ps(_mm256_blend_ps::<0x01>(moved, _mm256_set1_ps(first)), bits(mask))
        }
    }

    #[inline(always)]
    unsafe fn down(self, last: f32, mask: u16) -> Self {
        // SAFETY: as above.
        unsafe {
            let moved = _mm256_permutevar8x32_ps(self, _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 0));
            _mm256_and_ps(_mm256_blend_ps::<0x80>(moved, _mm256_set1_ps(last)), bits(mask))
        }
    }
}

/// The first `count` lanes, as `maskload` wants it.
#[inline(always)]
unsafe fn first_of_eight(count: usize) -> __m256i {
    // SAFETY: the caller knows that the processor has AVX2.
    unsafe {
        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes)
    }
}

/// All bits of the lanes that have a bit in the mask.
#[inline(always)]
unsafe fn bits(mask: u16) -> __m256 {
    // SAFETY: as above.
    unsafe {
        let lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let mask = _mm256_and_si256(_mm256_set1_epi32(i32::from(mask)), lane);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(mask, lane))
    }
}

/// Turns the four by four numbers in each half of four vectors.
#[inline(always)]
unsafe fn turn([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    // SAFETY: as above.
    unsafe {
        let (low_ab, high_ab) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (low_cd, high_cd) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(low_ab, low_cd),
            _mm256_shuffle_ps::<0xee>(low_ab, low_cd),
            _mm256_shuffle_ps::<0x44>(high_ab, high_cd),
            _mm256_shuffle_ps::<0xee>(high_ab, high_cd),
        ]
    }
}
