//! Four floats as an array: the packed product without vector instructions, for tests. It has no intrinsics, which Miri could not run, and its
//! blocks are so small that a small product goes through every loop.

use super::MicroKernel;
use super::tile::{self, Tile, Vector, variants};

impl Vector for [f32; 4] {
    const LANES: usize = 4;
    /// How many lanes.
    type Mask = usize;

    unsafe fn zero() -> Self {
        [0.0; 4]
    }

    unsafe fn mask(count: usize) -> usize {
        count
    }

    unsafe fn splat(from: *const f32) -> Self {
        // SAFETY: the number is valid for reading.
        [unsafe { *from }; 4]
    }

    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: four numbers are valid for reading.
        unsafe { Self::load_part(from, 4) }
    }

    unsafe fn load_part(from: *const f32, mask: usize) -> Self {
        // SAFETY: the caller's promise.
        std::array::from_fn(|lane| if lane < mask { unsafe { *from.add(lane) } } else { 0.0 })
    }

    unsafe fn store(self, to: *mut f32) {
        // SAFETY: four numbers are valid for writing.
        unsafe { self.store_part(to, 4) }
    }

    unsafe fn store_part(self, to: *mut f32, mask: usize) {
        for lane in 0..mask {
            // SAFETY: the caller's promise.
            unsafe { to.add(lane).write(self[lane]) }
        }
    }

    unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * factor[lane] + sum[lane])
    }

    fn prefetch(_: *const f32) {}

    fn prefetch_far(_: *const f32) {}
}

/// Needs no instructions that some processor lacks.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

unsafe fn tile<const R: usize, const N: usize, const UNIT: bool, const FRESH: bool>(t: &Tile) {
    // SAFETY: the caller's promise.
    unsafe { tile::tile::<[f32; 4], R, N, UNIT, FRESH>(t) }
}

/// As [`MicroKernel::gather`].
///
/// # Safety
/// As there.
unsafe fn gather(from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe { tile::gather::<[f32; 4]>(from, step, rows, k, to) }
}

impl MicroKernel for Scalar {
    const ROWS: usize = 4;
    const LANES: usize = 4;
    const INNER: usize = 8;
    const TALL: usize = 12;
    const WIDE: usize = 24;

    unsafe fn tile(self, rows: usize, variant: usize, t: &Tile) {
        type Tiles = [[unsafe fn(&Tile); 8]; 4];
        const TILES: Tiles = variants!(tile: 1 2 3 4);
        // SAFETY: the caller's promise.
        unsafe { TILES[rows - 1][variant](t) }
    }

    unsafe fn turn(self, from: &[*const f32; 32], k: usize, to: *mut f32) {
        for p in 0..k {
            for (column, from) in from[..8].iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { to.add(8 * p + column).write(*from.add(p)) }
            }
        }
    }

    unsafe fn gather(self, from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { gather(from, step, rows, k, to) }
    }
}
