//! Packing: sequences of different lengths without their padding (`torch.nn.utils.rnn.pack_padded_sequence`).
//!
//! The sequences are sorted by length, longest first. Then those that have a step `t` are the first `n_t`, and
//! `n_0 >= n_1 >= ...`. Packed data holds `n_0` rows for step 0, then `n_1` rows for step 1, and so on: `[Σ n_t, size]`, and
//! no row is padding. Step `t` begins at row `n_0 + ... + n_(t-1)`.
//!
//! A state of the sorted batch is `[batch, hidden]`; step `t` changes its first `n_t` rows. Going forwards, rows drop out
//! from the end: what a row holds then is its state at its true end. Going backwards in time, rows come in, each with the
//! initial state at its true end.
//!
//! The lists are arrays, since those come from the pool: a training step asks the system for no memory. A sequence of
//! length 0 is allowed (PyTorch refuses it): it has no rows, and its state stays as it was.

use ch01_tensors::{Array, Float, fail};
use ch18_recurrent::step_sizes;
use rayon::prelude::*;

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;

/// How the rows of a padded batch become packed rows, and back.
#[derive(Clone)]
pub struct Packing {
    /// `n_t` for each step, `[steps]`.
    sizes: Array<i64>,
    /// Where each step begins, and the end, `[steps + 1]`.
    starts: Array<i64>,
    /// The sequence at each place of the sorted batch, `[batch]`.
    order: Array<i64>,
    /// The length at each place of the sorted batch, `[batch]`.
    lengths: Array<i64>,
    /// For each packed row, its row among the `batch * time` of the padded data.
    rows: Array<i64>,
    /// The other way round; -1 for padding.
    places: Array<i64>,
    batch_first: bool,
    time: usize,
}

/// Where a step finds the state before it: rows of the sorted batch, and either the packed row where the first of them lies,
/// or nothing, if it is the initial state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub rows: std::ops::Range<usize>,
    pub before: Option<usize>,
}

impl Packing {
    /// For padded data `[batch, time, ..]`, or `[time, batch, ..]` if not `batch_first`, of which sequence `b` has
    /// `lengths[b]` steps, or all if there are no lengths.
    ///
    /// # Panics
    /// When there are not `batch` lengths, or one is above `time`.
    #[track_caller]
    pub fn new(lengths: Option<&[usize]>, batch: usize, time: usize, batch_first: bool) -> Self {
        if let Some(lengths) = lengths
            && (lengths.len() != batch || lengths.iter().any(|&length| length > time))
        {
            let rule = format_args!("lengths {lengths:?} for {batch} sequences of at most {time} steps");
            fail("Packing", rule);
        }
        Packing::build([batch, time], batch_first, |b, t| lengths.is_none_or(|lengths| t < lengths[b]))
    }

    /// For data `[batch, time, ..]` of which the steps count whose mask, `[batch, time]`, is true. They need not lie at the
    /// beginning: what is between them is left out.
    ///
    /// # Panics
    /// When the mask has another number of axes.
    #[track_caller]
    pub fn from_mask(mask: &Array<bool>) -> Self {
        if mask.ndim() != 2 {
            fail(
                "Packing::from_mask",
                format_args!("a mask of shape {:?} is not [batch, time]", mask.shape()),
            );
        }
        let (mask, shape) = (mask.clone().contiguous(), [mask.dim(0), mask.dim(1)]);
        Packing::build(shape, true, |b, t| mask.data()[b * shape[1] + t])
    }

    fn build([batch, time]: [usize; 2], batch_first: bool, real: impl Fn(usize, usize) -> bool) -> Self {
        let length = |b: usize| (0..time).filter(|&t| real(b, t)).count() as i64;
        let unsorted = Array::from_fn([batch], |b| length(b[0]));
        let mut order = Array::from_fn([batch], |b| b[0] as i64);
        // Of equals the first comes first. A stable sort would ask for memory.
        order.data_mut().sort_unstable_by_key(|&b| (-unsorted.data()[b as usize], b));
        let lengths = unsorted.index_select(0, &order);
        let steps = lengths.data().first().map_or(0, |&longest| longest as usize);
        let mut sizes = Array::scratch([steps]);
        step_sizes(lengths.data(), sizes.data_mut());
        let mut starts = Array::scratch([steps + 1]);
        let mut end = 0;
        for (start, step) in starts.data_mut().iter_mut().zip(sizes.iter().chain([0])) {
            *start = end;
            end += step;
        }
        let mut rows = Array::scratch([end as usize]);
        let mut places = Array::full([batch * time], -1);
        let (rows_data, places_data) = (rows.data_mut(), places.data_mut());
        for (place, &b) in order.data().iter().enumerate() {
            let b = b as usize;
            for (step, t) in (0..time).filter(|&t| real(b, t)).enumerate() {
                let row = if batch_first { b * time + t } else { t * batch + b };
                let packed = starts.data()[step] + place as i64;
                rows_data[packed as usize] = row as i64;
                places_data[row] = packed;
            }
        }
        Packing { sizes, starts, order, lengths, rows, places, batch_first, time }
    }

    /// The number of sequences.
    pub fn batch(&self) -> usize {
        self.order.size()
    }

    /// The length of the longest sequence.
    pub fn steps(&self) -> usize {
        self.sizes.size()
    }

    /// The number of packed rows.
    pub fn rows(&self) -> usize {
        self.rows.size()
    }

    /// How many sequences have step `t` (PyTorch's `batch_sizes`).
    pub fn size(&self, t: usize) -> usize {
        self.sizes.data()[t] as usize
    }

    /// The packed row at which step `t` begins.
    pub fn start(&self, t: usize) -> usize {
        self.starts.data()[t] as usize
    }

    /// The sequence at each place of the sorted batch (PyTorch's `sorted_indices`), `[batch]`.
    pub fn order(&self) -> &Array<i64> {
        &self.order
    }

    /// The lengths in sorted order, longest first, `[batch]`.
    pub fn lengths(&self) -> &Array<i64> {
        &self.lengths
    }

    /// Whether all sequences are equally long.
    pub(crate) fn is_even(&self) -> bool {
        self.rows() == self.steps() * self.batch()
    }

    /// Whether padded data is packed as it lies.
    fn is_plain(&self) -> bool {
        !self.batch_first && self.rows() == self.time * self.batch()
    }

    // ANCHOR: pieces
    /// Where step `t` finds the state before it. Forwards in time that is the step before, which has at least as many rows.
    /// Backwards in time it is the step after, for those who have one; the others begin here.
    pub(crate) fn pieces(&self, t: usize, reverse: bool) -> impl Iterator<Item = Piece> {
        let size = self.size(t);
        let (old, before) = match reverse {
            false if t == 0 => (0, None),
            false => (size, Some(self.start(t - 1))),
            true if t + 1 == self.steps() => (0, None),
            true => (self.size(t + 1), Some(self.start(t + 1))),
        };
        [Piece { rows: 0..old, before }, Piece { rows: old..size, before: None }]
            .into_iter()
            .filter(|piece| !piece.rows.is_empty())
    }
    // ANCHOR_END: pieces

    /// The packed row that holds the last state of the sequence at a place of the sorted batch; none if its length is 0.
    pub(crate) fn last(&self, place: usize, reverse: bool) -> Option<usize> {
        match self.lengths.data()[place] as usize {
            0 => None,
            _ if reverse => Some(place),
            length => Some(self.start(length - 1) + place),
        }
    }

    /// Packs the steps of padded data: `[batch, time, ..]` or `[time, batch, ..]` becomes `[rows, ..]`.
    ///
    /// # Panics
    /// When the data has other first axes.
    #[track_caller]
    pub fn pack<E: ch01_tensors::Element>(&self, x: &Array<E>) -> Array<E> {
        let axes = self.axes();
        if x.ndim() < 2 || x.shape()[..2] != axes {
            fail("Packing::pack", format_args!("data of shape {:?} does not begin with {axes:?}", x.shape()));
        }
        let shape = x.shape().without(0);
        let mut flat = shape;
        flat[0] = axes[0] * axes[1];
        let flat = x.clone().reshape(flat);
        if self.is_plain() { flat } else { flat.index_select(0, &self.rows) }
    }

    /// Puts packed rows back to their places in padded data, and zeros elsewhere: `[rows, size]` becomes
    /// `[batch, time, size]` or `[time, batch, size]`.
    ///
    /// # Panics
    /// When there are not so many rows.
    #[track_caller]
    pub fn unpack<T: Float>(&self, packed: &Array<T>) -> Array<T> {
        if packed.ndim() != 2 || packed.dim(0) != self.rows() {
            let rows = self.rows();
            fail("Packing::unpack", format_args!("{:?} instead of [{rows}, size]", packed.shape()));
        }
        let ([a, b], size) = (self.axes(), packed.dim(1));
        if self.is_plain() {
            return packed.clone().reshape([a, b, size]);
        }
        let packed = packed.clone().contiguous();
        let mut out = Array::scratch([a, b, size]);
        if out.is_empty() {
            return out;
        }
        let data = packed.data();
        let copy = |(out, &place): (&mut [T], &i64)| match usize::try_from(place) {
            Ok(place) => out.copy_from_slice(&data[place * size..][..size]),
            Err(_) => out.fill(T::ZERO),
        };
        let places = self.places.data();
        if out.size() < PARALLEL_MIN {
            out.data_mut().chunks_mut(size).zip(places).for_each(copy);
        } else {
            out.data_mut().par_chunks_mut(size).zip(places).for_each(copy);
        }
        out
    }

    /// Sorts the second axis of `[.., batch, size]` by length, as the packed rows are.
    pub(crate) fn sort<T: Float>(&self, state: &Array<T>) -> Array<T> {
        state.index_select(-2, &self.order)
    }

    /// Undoes [`sort`](Packing::sort).
    pub(crate) fn unsort<T: Float>(&self, sorted: &Array<T>) -> Array<T> {
        sorted.zeros_like().index_add(-2, &self.order, sorted)
    }

    fn axes(&self) -> [usize; 2] {
        let batch = self.batch();
        if self.batch_first { [batch, self.time] } else { [self.time, batch] }
    }
}
