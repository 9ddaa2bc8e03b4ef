//! A few tiles side by side: the vectors of the transforms, once without vector instructions. See `x86.rs` for the others.
//!
//! What takes a vector by value is inlined always: only so does it stay in a register.

use ch02_matmul::Kernel;

/// `LANES` floats, each of another tile.
pub(super) trait Lanes: Copy {
    const LANES: usize;

    /// The number in all lanes.
    ///
    /// # Safety
    /// The processor has the instructions; so for all that follows.
    unsafe fn splat(number: f32) -> Self;

    /// # Safety
    /// `LANES` numbers from `from` on are valid for reading.
    unsafe fn load(from: *const f32) -> Self;

    /// The first `count` lanes, at most `LANES`; 0 in the others, whose memory is not touched.
    ///
    /// # Safety
    /// `count` numbers from `from` on are valid for reading.
    unsafe fn load_part(from: *const f32, count: usize) -> Self;

    /// # Safety
    /// `LANES` numbers from `to` on are valid for writing.
    unsafe fn store(self, to: *mut f32);

    /// # Safety
    /// `count` numbers from `to` on are valid for writing.
    unsafe fn store_part(self, to: *mut f32, count: usize);

    /// Asks for the line of `at` to come to the cache. Any address will do.
    fn prefetch(at: *const f32);

    /// As [`prefetch`](Lanes::prefetch), to be written.
    fn prefetch_to_write(at: *const f32);

    /// `self + other`.
    ///
    /// # Safety
    /// As [`splat`](Lanes::splat); so for the rest.
    unsafe fn plus(self, other: Self) -> Self;

    /// `self - other`.
    ///
    /// # Safety
    /// As above.
    unsafe fn minus(self, other: Self) -> Self;

    /// `self * factor`.
    ///
    /// # Safety
    /// As above.
    unsafe fn times(self, factor: f32) -> Self;

    /// `self * factor + sum`, rounded once where the processor can.
    ///
    /// # Safety
    /// As above.
    unsafe fn multiply_add(self, factor: f32, sum: Self) -> Self;

    /// Four vectors hold four numbers of one tile after the other: vector `k` of the result holds number `k` of each.
    ///
    /// # Safety
    /// As above.
    unsafe fn apart(vectors: [Self; 4]) -> [Self; 4];

    /// The inverse of [`apart`](Lanes::apart).
    ///
    /// # Safety
    /// As above.
    unsafe fn together(vectors: [Self; 4]) -> [Self; 4];

    /// All lanes moved up by one, `first` in the first; 0 where the mask has no bit.
    ///
    /// # Safety
    /// As above.
    unsafe fn up(self, first: f32, mask: u16) -> Self;

    /// All lanes moved down by one, `last` in the last; 0 where the mask has no bit.
    ///
    /// # Safety
    /// As above.
    unsafe fn down(self, last: f32, mask: u16) -> Self;
}

impl Lanes for [f32; 4] {
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        [number; 4]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise; an array is aligned as its numbers are.
        unsafe { from.cast::<[f32; 4]>().read() }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        let mut numbers = [0.0; 4];
        for (lane, number) in numbers.iter_mut().enumerate().take(count) {
            // SAFETY: the caller's promise.
            *number = unsafe { *from.add(lane) };
        }
        numbers
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; 4]>().write(self) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        for (lane, number) in self.into_iter().enumerate().take(count) {
            // SAFETY: the caller's promise.
            unsafe { to.add(lane).write(number) }
        }
    }

    fn prefetch(_: *const f32) {}

    fn prefetch_to_write(_: *const f32) {}

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] - other[lane])
    }

    #[inline(always)]
    unsafe fn times(self, factor: f32) -> Self {
        self.map(|number| number * factor)
    }

    #[inline(always)]
    unsafe fn multiply_add(self, factor: f32, sum: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * factor + sum[lane])
    }

    #[inline(always)]
    unsafe fn apart(vectors: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|k| std::array::from_fn(|tile| vectors[tile][k]))
    }

    #[inline(always)]
    unsafe fn together(vectors: [Self; 4]) -> [Self; 4] {
        // Four by four is its own inverse.
        std::array::from_fn(|tile| std::array::from_fn(|k| vectors[k][tile]))
    }

    #[inline(always)]
    unsafe fn up(self, first: f32, mask: u16) -> Self {
        let [a, b, c, _] = self;
        masked([first, a, b, c], mask)
    }

    #[inline(always)]
    unsafe fn down(self, last: f32, mask: u16) -> Self {
        let [_, b, c, d] = self;
        masked([b, c, d, last], mask)
    }
}

#[inline(always)]
fn masked(numbers: [f32; 4], mask: u16) -> [f32; 4] {
    std::array::from_fn(|lane| if mask >> lane & 1 == 1 { numbers[lane] } else { 0.0 })
}

/// Loops over vectors, with their data. `run` must be `#[inline(always)]`, and so must be what it calls, or a version of it
/// without wide vectors is called.
pub(super) trait Work {
    /// # Safety
    /// The processor has the instructions of `V`, and whatever the type asks for.
    unsafe fn run<V: Lanes>(self);
}

/// The number of tiles in a vector.
pub(super) fn lanes(kernel: Kernel) -> usize {
    match kernel {
        Kernel::Avx512 => 16,
        Kernel::Avx2 => 8,
        _ => 4,
    }
}

/// Runs `work` with the vectors that go with the kernel.
///
/// # Safety
/// The processor has the kernel's instructions; and as the work asks.
pub(super) unsafe fn run(kernel: Kernel, work: impl Work) {
    // SAFETY: the caller's promise.
    unsafe {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => super::x86::avx512(work),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => super::x86::avx2(work),
            _ => work.run::<[f32; 4]>(),
        }
    }
}
