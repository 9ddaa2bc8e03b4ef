//! Walking several strided arrays in step: the one loop behind copies and elementwise maths.
//!
//! Neighbouring axes along which every operand steps evenly are merged first, so that a contiguous array of any
//! shape becomes a single run, and only the innermost run is a tight loop.

use rayon::prelude::*;

use crate::{Shape, Strides, merge_axes};

/// Below this many elements, starting threads costs more than it brings.
pub(crate) const PARALLEL_MIN: usize = 1 << 16;
/// Elements per parallel task: fixed, so that results do not depend on the number of threads.
pub(crate) const CHUNK: usize = 1 << 14;

/// `N` operands read in row-major order of one shape.
pub(crate) struct Walk<const N: usize> {
    shape: Shape,
    strides: [Strides; N],
    offsets: [usize; N],
}

impl<const N: usize> Walk<N> {
    /// Operands that all have `shape`, with their own strides and offsets.
    pub fn new(shape: Shape, strides: [Strides; N], offsets: [usize; N]) -> Self {
        let (shape, strides) = merge_axes(&shape, &strides);
        let mut walk = Walk { shape, strides, offsets };
        if walk.shape.is_empty() {
            walk.shape = [1].into();
            walk.strides = [[1].into(); N];
        }
        walk
    }

    /// The length of the innermost run.
    fn run(&self) -> usize {
        self.shape[self.shape.len() - 1]
    }

    /// How far each operand moves per step of the innermost run.
    fn steps(&self) -> [isize; N] {
        self.strides.map(|s| s[s.len() - 1])
    }

    /// Where each operand stands at the start of the given run.
    fn starts(&self, mut run: usize) -> [usize; N] {
        let mut places = self.offsets.map(|offset| offset as isize);
        for axis in (0..self.shape.len() - 1).rev() {
            let index = (run % self.shape[axis]) as isize;
            run /= self.shape[axis];
            (0..N).for_each(|n| places[n] += index * self.strides[n][axis]);
        }
        places.map(|place| place as usize)
    }

    /// Writes `target`, which is contiguous and as long as the shape, in pieces of one or more rows along the innermost
    /// axis: `write(out, rows)` gets a piece, and where each operand stands in it.
    pub fn rows<U: Send>(&self, target: &mut [U], write: impl Fn(&mut [U], Rows<N>) + Sync) {
        if target.is_empty() {
            return;
        }
        let (run, steps) = (self.run(), self.steps());
        let before_last = self.shape.len().wrapping_sub(2);
        let (rows, down) = match before_last {
            usize::MAX => (1, [0; N]),
            axis => (self.shape[axis], self.strides.map(|s| s[axis])),
        };
        // Some whole runs, beginning with number `row`: as many at once as lie evenly.
        let some = |mut row: usize, mut out: &mut [U]| {
            while !out.is_empty() {
                let count = (rows - row % rows).min(out.len() / run);
                let (piece, rest) = out.split_at_mut(count * run);
                write(piece, Rows { run, starts: self.starts(row), down, steps });
                (row, out) = (row + count, rest);
            }
        };
        if target.len() < PARALLEL_MIN {
            some(0, target);
        } else if run >= CHUNK {
            // Few long runs: cut each into chunks.
            for (row, out) in target.chunks_mut(run).enumerate() {
                let starts = self.starts(row);
                out.par_chunks_mut(CHUNK).enumerate().for_each(|(c, out)| {
                    let starts = moved(starts, steps, c * CHUNK);
                    write(out, Rows { run: out.len(), starts, down, steps });
                });
            }
        } else {
            let together = CHUNK / run;
            target.par_chunks_mut(together * run).enumerate().for_each(|(c, out)| some(c * together, out));
        }
    }

    /// [`rows`](Walk::rows) one at a time: `write(out, starts, steps)` gets a piece of a run, where each operand stands at
    /// its start, and how far each moves.
    pub fn runs<U: Send>(&self, target: &mut [U], write: impl Fn(&mut [U], [usize; N], [isize; N]) + Sync) {
        self.rows(target, |out, rows| {
            out.chunks_mut(rows.run).enumerate().for_each(|(i, out)| write(out, rows.start(i), rows.steps));
        });
    }

    /// Writes every element of `target` from the operands' places.
    pub fn fill<U: Send>(&self, target: &mut [U], value: impl Fn([usize; N]) -> U + Sync) {
        self.runs(target, |out, starts, steps| {
            for (i, out) in out.iter_mut().enumerate() {
                *out = value(std::array::from_fn(|n| (starts[n] as isize + i as isize * steps[n]) as usize));
            }
        });
    }

    /// Visits the operands' places in row-major order, on this thread: for writing through strides.
    pub fn each(&self, mut visit: impl FnMut([usize; N])) {
        if self.shape.contains(&0) {
            return;
        }
        let steps = self.steps();
        for run in 0..self.shape.size() / self.run() {
            let starts = self.starts(run);
            for i in 0..self.run() as isize {
                visit(std::array::from_fn(|n| (starts[n] as isize + i * steps[n]) as usize));
            }
        }
    }
}

/// Rows of `run` elements of a target, and where the operands stand in them.
#[derive(Clone, Copy)]
pub(crate) struct Rows<const N: usize> {
    /// The length of a row.
    pub run: usize,
    starts: [usize; N],
    down: [isize; N],
    /// How far each operand moves from element to element.
    pub steps: [isize; N],
}

impl<const N: usize> Rows<N> {
    /// Where the operands stand at the start of row `i`.
    #[inline(always)]
    pub fn start(&self, i: usize) -> [usize; N] {
        moved(self.starts, self.down, i)
    }
}

/// Places moved on by `times` steps.
#[inline(always)]
fn moved<const N: usize>(places: [usize; N], steps: [isize; N], times: usize) -> [usize; N] {
    std::array::from_fn(|n| (places[n] as isize + times as isize * steps[n]) as usize)
}

/// Tiles of a transposing copy: 16 numbers of four bytes fill a cache line.
const TILE: usize = 16;

impl Walk<1> {
    /// Writes the operand's elements to `target`, in row-major order.
    ///
    /// A transposed matrix is copied in tiles: read along its columns, which are dense, into a buffer and written along
    /// its rows, so that every cache line is used whole. Row by row, each element would fetch a line of its own.
    pub fn copy<T: Copy + Send + Sync>(&self, source: &[T], target: &mut [T]) {
        let before_last = self.shape.len().wrapping_sub(2);
        let transposed = self.shape.len() >= 2 && self.strides[0][before_last] == 1 && self.run() > 1;
        if target.is_empty() || !transposed || self.shape[before_last] < TILE / 2 {
            return self.runs(target, |out, [start], [step]| match step {
                1 => out.copy_from_slice(&source[start..][..out.len()]),
                0 => out.fill(source[start]),
                _ => {
                    let places = (0..).map(|i| (start as isize + i * step) as usize);
                    out.iter_mut().zip(places).for_each(|(out, place)| *out = source[place]);
                }
            });
        }
        let (rows, columns, [step]) = (self.shape[before_last], self.run(), self.steps());
        // One band: up to TILE rows of the target, the first of which starts at `start` in the source.
        let band = |start: usize, band: &mut [T]| {
            let mut tile = [source[start]; TILE * TILE];
            let height = band.len() / columns;
            for left in (0..columns).step_by(TILE) {
                let width = TILE.min(columns - left);
                for j in 0..width {
                    let from = (start as isize + (left + j) as isize * step) as usize;
                    tile[j * TILE..][..height].copy_from_slice(&source[from..from + height]);
                }
                for (i, row) in band.chunks_mut(columns).enumerate() {
                    (0..width).for_each(|j| row[left + j] = tile[j * TILE + i]);
                }
            }
        };
        let (bands, plane) = (TILE * columns, rows * columns);
        let alone = |(index, target): (usize, &mut [T])| {
            let [start] = self.starts(index * rows);
            target.chunks_mut(bands).enumerate().for_each(|(i, out)| band(start + i * TILE, out));
        };
        if target.len() < PARALLEL_MIN {
            target.chunks_mut(plane).enumerate().for_each(alone);
        } else if plane < PARALLEL_MIN {
            target.par_chunks_mut(plane).with_min_len((CHUNK / plane).max(1)).enumerate().for_each(alone);
        } else {
            for (index, target) in target.chunks_mut(plane).enumerate() {
                let [start] = self.starts(index * rows);
                target.par_chunks_mut(bands).enumerate().for_each(|(i, out)| band(start + i * TILE, out));
            }
        }
    }
}

/// Gives every line of `length` elements of `input` its `width` elements of `output`, on several threads if there is
/// much to do. Neither length may be 0 unless the output is empty.
pub(crate) fn each_line<T: Sync, U: Send>(
    input: &[T],
    length: usize,
    output: &mut [U],
    width: usize,
    write: impl Fn(&[T], &mut [U]) + Sync,
) {
    if output.is_empty() {
        return;
    }
    let some = |(input, output): (&[T], &mut [U])| {
        input.chunks(length).zip(output.chunks_mut(width)).for_each(|(input, output)| write(input, output));
    };
    if input.len() < PARALLEL_MIN {
        some((input, output));
    } else {
        let lines = (CHUNK / length).max(1);
        input.par_chunks(lines * length).zip(output.par_chunks_mut(lines * width)).for_each(some);
    }
}
