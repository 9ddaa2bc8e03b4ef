//! The bits of a mask, 512 at a time: the same stream and the same bits as one number after the other.
//!
//! ChaCha (Bernstein 2008) turns key, stream and the number of a block into 16 words, in four rows of four. A 512-bit
//! register holds the same row of four blocks, and four such groups keep the processor busy. A row is 16 bytes, eight numbers
//! of 16 bits: just what one byte of a mask takes. One instruction compares 32 numbers and gives 32 bits. So the random
//! numbers never go through memory.
//!
//! Left out: processors without 512-bit vectors, which draw one number after the other in `mask.rs`.

use ch01_tensors::{Position, Rng};
use ch03_neurons::simd::Level;

/// Bytes of a mask that sixteen blocks decide.
const BYTES: usize = 64;

/// Draws the first bytes of a mask, as many as come in whole groups of sixteen blocks, and moves the stream on by four words
/// for each. Returns how many; 0 if the processor cannot, or the stream stands within a row.
pub fn draw_wide(bytes: &mut [u8], dropped: u32, rng: &mut Rng) -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let start = rng.position();
        let Ok(dropped) = u16::try_from(dropped) else { return 0 };
        if Level::detect() != Level::Avx512 || !start.words.is_multiple_of(4) {
            return 0;
        }
        let (key, stream) = rng.key();
        let mut block = (start.words / 16) as u64;
        // The stream may stand between two rows of a block.
        let mut skip = (start.words % 16 / 4) as usize;
        let mut done = 0;
        while bytes.len() - done >= BYTES - skip {
            // SAFETY: the level says that the processor has the instructions.
            let kept = unsafe { x86::sixteen_blocks(&key, stream, block, dropped) };
            bytes[done..done + BYTES - skip].copy_from_slice(&kept[skip..]);
            done += BYTES - skip;
            block = block.wrapping_add(16);
            skip = 0;
        }
        rng.seek(Position { words: start.words + 4 * done as u128, spare: start.spare });
        done
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (bytes, dropped, rng, BYTES, Level::detect(), Position { words: 0, spare: None });
        0
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::BYTES;

    /// The same row of four blocks.
    #[target_feature(enable = "avx512f")]
    fn row(words: &[u32]) -> __m512i {
        let [a, b, c, d] = [words[0], words[1], words[2], words[3]].map(|word| word as i32);
        _mm512_broadcast_i32x4(_mm_setr_epi32(a, b, c, d))
    }

    /// A quarter round on all four columns of four blocks.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn columns(s: &mut [__m512i; 4]) {
        s[0] = _mm512_add_epi32(s[0], s[1]);
        s[3] = _mm512_rol_epi32::<16>(_mm512_xor_si512(s[3], s[0]));
        s[2] = _mm512_add_epi32(s[2], s[3]);
        s[1] = _mm512_rol_epi32::<12>(_mm512_xor_si512(s[1], s[2]));
        s[0] = _mm512_add_epi32(s[0], s[1]);
        s[3] = _mm512_rol_epi32::<8>(_mm512_xor_si512(s[3], s[0]));
        s[2] = _mm512_add_epi32(s[2], s[3]);
        s[1] = _mm512_rol_epi32::<7>(_mm512_xor_si512(s[1], s[2]));
    }

    /// Which elements sixteen blocks keep, beginning with block `first`: byte `4 b + r` is row `r` of block `b`.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn sixteen_blocks(key: &[u32; 8], stream: u64, first: u64, dropped: u16) -> [u8; BYTES] {
        let constants = row(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
        let fixed = [constants, row(&key[..4]), row(&key[4..]), constants];
        let mut start = [fixed; 4];
        for (group, start) in start.iter_mut().enumerate() {
            let n = |block: u64| first.wrapping_add(4 * group as u64 + block) as i64;
            let s = stream as i64;
            start[3] = _mm512_setr_epi64(n(0), s, n(1), s, n(2), s, n(3), s);
        }
        let mut state = start;
        for _ in 0..4 {
            for s in &mut state {
                columns(s);
                // The diagonals become columns: row `r` turns by `r` places.
                s[1] = _mm512_shuffle_epi32::<0b00_11_10_01>(s[1]);
                s[2] = _mm512_shuffle_epi32::<0b01_00_11_10>(s[2]);
                s[3] = _mm512_shuffle_epi32::<0b10_01_00_11>(s[3]);
                columns(s);
                s[1] = _mm512_shuffle_epi32::<0b10_01_00_11>(s[1]);
                s[2] = _mm512_shuffle_epi32::<0b01_00_11_10>(s[2]);
                s[3] = _mm512_shuffle_epi32::<0b00_11_10_01>(s[3]);
            }
        }
        let bound = _mm512_set1_epi16(dropped as i16);
        let mut kept = [0; BYTES];
        for group in 0..4 {
            for r in 0..4 {
                let numbers = _mm512_add_epi32(state[group][r], start[group][r]);
                let bits = _mm512_cmpge_epu16_mask(numbers, bound);
                for (block, byte) in bits.to_le_bytes().into_iter().enumerate() {
                    kept[16 * group + 4 * block + r] = byte;
                }
            }
        }
        kept
    }
}
