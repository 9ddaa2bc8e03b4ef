//! Asking for memory before it is needed.
//!
//! A processor sees that a program reads one line after the other, and fetches ahead on its own; but only up to the end of a
//! page of 4 KiB, and only while it finds the next reads. Behind a hundred instructions of a long function it does not look far
//! enough: the arithmetic waits for the memory, and then the memory for the arithmetic. Hints that run a page ahead let both
//! work at the same time.

/// So many elements are asked for at once, before as many are worked on.
pub const PIECE: usize = 256;
/// How many elements the hints run ahead.
const AHEAD: usize = 1024;

// ANCHOR: prefetch
/// Asks for the memory [`AHEAD`] of a piece, line by line. Nothing happens where there is no such instruction.
#[inline(always)]
pub fn prefetch<T>(piece: &[T]) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    for i in (0..piece.len()).step_by(64 / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let place = piece.as_ptr().wrapping_add(i + AHEAD);
        // SAFETY: a hint reads nothing: it may name any place, also one behind the end or one that does not exist.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = (piece, AHEAD);
}
// ANCHOR_END: prefetch
