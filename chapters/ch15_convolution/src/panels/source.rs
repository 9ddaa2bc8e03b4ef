//! An image as its patches are read: with its border of zeros, and taken apart by stride, so that what a tap sees at
//! neighbouring positions are neighbours in memory.

use ch01_tensors::Float;
use ch03_neurons::simd;

/// Where the numbers of an image go. Row `y` of a padded channel goes to part `y mod stride`, row `y / stride`, and so do
/// columns.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub channels: usize,
    /// Height and width of the image.
    pub image: [usize; 2],
    /// The rows of zeros above, the columns on the left.
    pub padding: [usize; 2],
    pub stride: [usize; 2],
    /// How many remainders of rows and columns any tap sees: with a kernel smaller than the stride, not all.
    pub used: [usize; 2],
    /// Rows and columns of a part.
    pub part: [usize; 2],
}

impl Layout {
    /// The numbers of a channel.
    fn channel(&self) -> usize {
        self.used[0] * self.used[1] * self.part[0] * self.part[1]
    }

    /// The numbers of an image.
    pub fn image_size(&self) -> usize {
        self.channels * self.image[0] * self.image[1]
    }

    /// All numbers.
    pub fn size(&self) -> usize {
        self.channels * self.channel()
    }

    /// Where row `u` and column `v` of the padded channel lie. From there, positions go on with [`pitch`](Layout::pitch).
    pub fn place(&self, channel: usize, [u, v]: [usize; 2]) -> usize {
        let part = u % self.stride[0] * self.used[1] + v % self.stride[1];
        let row = part * self.part[0] + u / self.stride[0];
        channel * self.channel() + row * self.part[1] + v / self.stride[1]
    }

    /// From one row of positions to the next.
    pub fn pitch(&self) -> usize {
        self.part[1]
    }
}

/// Copies an image, `[channels, height, width]`, into the places of its layout. The others stay as they are: zeros.
pub(crate) struct Spread<'a, T> {
    pub layout: &'a Layout,
    pub image: &'a [T],
    pub to: &'a mut [T],
}

impl<T: Float> simd::Body for Spread<'_, T> {
    #[inline(always)]
    fn run(self) {
        let (layout, to) = (self.layout, self.to);
        let Layout { channels, image: [height, width], padding, stride, used, part } = *layout;
        if height * width == 0 {
            return;
        }
        // Where the first columns of each residue go, from the beginning of a row of the first part on.
        let across = |x: usize| {
            let v = x + padding[1];
            v % stride[1] * part[0] * part[1] + v / stride[1]
        };
        let [even, odd] = [across(0), across(1)];
        for (channel, image) in self.image.chunks_exact(height * width).take(channels).enumerate() {
            let first = channel * layout.channel();
            // The row's residue and quotient: a division for each row would take longer than the row.
            let (mut residue, mut quotient) = (padding[0] % stride[0], padding[0] / stride[0]);
            for row in image.chunks_exact(width) {
                ask_ahead(row);
                if residue < used[0] {
                    let to = &mut to[first + (residue * used[1] * part[0] + quotient) * part[1]..];
                    match stride[1] {
                        1 => copy(row, &mut to[even..][..width]),
                        2 if used[1] == 2 && width > 1 => {
                            let (low, high) = to.split_at_mut(even.max(odd));
                            let low = &mut low[even.min(odd)..];
                            if even < odd { apart(row, low, high) } else { apart(row, high, low) }
                        }
                        step => {
                            // The first number of each residue of columns, then every `step`th.
                            let seen = |x: &usize| (x + padding[1]) % step < used[1];
                            for first in (0..step.min(width)).filter(seen) {
                                let to = to[across(first)..].iter_mut();
                                to.zip(row[first..].iter().step_by(step)).for_each(|(to, &x)| *to = x);
                            }
                        }
                    }
                }
                residue += 1;
                if residue == stride[0] {
                    (residue, quotient) = (0, quotient + 1);
                }
            }
        }
    }
}

/// Asks for what lies a page behind a row: images come from memory, and the processor by itself reads ahead within a page only.
#[inline(always)]
fn ask_ahead<T>(row: &[T]) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    for i in (0..row.len()).step_by(64 / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint reads nothing: it may name any place.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().wrapping_add(i).wrapping_byte_add(4096).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = row;
}

/// A part of the matrix of patches: for each tap a row, that holds what it sees at some rows of positions.
pub(super) struct Patches<'a, T> {
    /// Where each tap sees the first position.
    pub taps: &'a [i64],
    pub source: &'a [T],
    pub pitch: usize,
    /// Rows of positions, and their length.
    pub rows: usize,
    pub width: usize,
    /// The matrix: from one row to the next, and where in each to begin.
    pub to: &'a mut [T],
    pub step: usize,
    pub first: usize,
}

impl<T: Float> simd::Body for Patches<'_, T> {
    #[inline(always)]
    fn run(self) {
        match self.width {
            // So that nothing is left of the loop over chunks.
            16 => Patches { width: 16, ..self }.in_chunks::<16>(),
            width if width % 16 == 0 => self.in_chunks::<16>(),
            width if width % 8 == 0 => self.in_chunks::<8>(),
            width if width % 4 == 0 => self.in_chunks::<4>(),
            _ => self.in_chunks::<1>(),
        }
    }
}

// ANCHOR: patches
impl<T: Float> Patches<'_, T> {
    #[inline(always)]
    fn in_chunks<const N: usize>(self) {
        let Patches { taps, source, pitch, rows, width, to, step, first } = self;
        let seen = (rows - 1) * pitch + width;
        for (&tap, to) in taps.iter().zip(to.chunks_mut(step)) {
            let (source, to) = (&source[tap as usize..][..seen], &mut to[first..first + rows * width]);
            for row in 0..rows {
                for chunk in (0..width).step_by(N) {
                    // SAFETY: `width` is a multiple of N. The last chunk ends with the last row, where both slices end; an array
                    // is read and written as it lies.
                    unsafe {
                        let from = source.as_ptr().add(row * pitch + chunk).cast::<[T; N]>();
                        let to = to.as_mut_ptr().add(row * width + chunk).cast::<[T; N]>();
                        to.write_unaligned(from.read_unaligned());
                    }
                }
            }
        }
    }
}
// ANCHOR_END: patches

/// The numbers of a row, in turn to one and the other.
#[inline(always)]
fn apart<T: Float>(row: &[T], even: &mut [T], odd: &mut [T]) {
    let (pairs, last) = row.as_chunks::<2>();
    for ((&[x, y], even), odd) in pairs.iter().zip(even.iter_mut()).zip(odd) {
        (*even, *odd) = (x, y);
    }
    if let [last] = last {
        even[pairs.len()] = *last;
    }
}

/// Copies a row. Rows are short, and a call of the library's function for any length takes longer than the copy.
#[inline(always)]
fn copy<T: Float>(from: &[T], to: &mut [T]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = *from);
}
