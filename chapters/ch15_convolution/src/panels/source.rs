//! An image as its patches are read: with its border of zeros, and taken apart by stride, so that what a tap sees at
//! neighbouring positions are neighbours in memory.

use ch01_tensors::Float;
use ch03_neurons::simd;

/// Where the numbers of an image go. Row `y` of a padded channel goes to part `y mod stride`, row `y / stride`, and so do
/// columns.
#[derive(Clone, Copy)]
pub(super) struct Layout {
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
pub(super) struct Spread<'a, T> {
    pub layout: &'a Layout,
    pub image: &'a [T],
    pub to: &'a mut [T],
}

impl<T: Float> simd::Body for Spread<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Layout { channels, image: [height, width], padding, stride, used, .. } = *self.layout;
        for channel in 0..channels {
            for y in (0..height).filter(|y| (y + padding[0]) % stride[0] < used[0]) {
                let row = &self.image[(channel * height + y) * width..][..width];
                // The first number of each residue of columns, then every `stride`th.
                let seen = |x: &usize| (x + padding[1]) % stride[1] < used[1];
                for first in (0..stride[1].min(width)).filter(seen) {
                    let at = self.layout.place(channel, [y + padding[0], first + padding[1]]);
                    let to = &mut self.to[at..];
                    match stride[1] {
                        1 => copy(row, &mut to[..width]),
                        2 => every_second(&row[first..], to),
                        step => {
                            to.iter_mut().zip(row[first..].iter().step_by(step)).for_each(|(to, &x)| *to = x)
                        }
                    }
                }
            }
        }
    }
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
        for (&tap, to) in taps.iter().zip(to.chunks_mut(step)) {
            let (source, to) = (&source[tap as usize..], &mut to[first..first + rows * width]);
            let across = width / N;
            let (mut row, mut chunk) = (0, 0);
            for to in to.as_chunks_mut::<N>().0 {
                let from = &source[row * pitch + chunk * N..];
                *to = *from.first_chunk().expect("taps lie inside the source");
                chunk += 1;
                if chunk == across {
                    (row, chunk) = (row + 1, 0);
                }
            }
        }
    }
}
// ANCHOR_END: patches

/// Every second number of a row, from the first on, eight at a time.
#[inline(always)]
fn every_second<T: Float>(from: &[T], to: &mut [T]) {
    let (chunks, rest) = from.as_chunks::<16>();
    let (to, to_rest) = to[..from.len().div_ceil(2)].split_at_mut(8 * chunks.len());
    for (to, chunk) in to.as_chunks_mut::<8>().0.iter_mut().zip(chunks) {
        for i in 0..8 {
            to[i] = chunk[2 * i];
        }
    }
    to_rest.iter_mut().zip(rest.iter().step_by(2)).for_each(|(to, &x)| *to = x);
}

/// Copies a row. Rows are short, and a call of the library's function for any length takes longer than the copy.
#[inline(always)]
fn copy<T: Float>(from: &[T], to: &mut [T]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    to_rest.iter_mut().zip(from_rest).for_each(|(to, from)| *to = *from);
}
