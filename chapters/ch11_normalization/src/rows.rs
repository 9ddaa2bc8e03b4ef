//! Rows that are normalised each on its own, worked on in groups: on one thread if they are few, else on several.
//!
//! How many rows are in a group depends on the shape alone. What a group adds up is kept for it and added to the other groups'
//! in order: the same bits on any number of threads.

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 15;
/// A group of rows has at least this many elements.
const GROUP: usize = 1 << 13;
/// With sums of its own for each group, there are no more groups than these.
const MAX_GROUPS: usize = 64;

/// How many of `rows` rows of `size` elements are a group, so that there are at most 64 groups.
pub fn group_rows(rows: usize, size: usize) -> usize {
    rows.div_ceil(MAX_GROUPS).max(least_rows(size))
}

/// The fewest rows of `size` elements that are worth a group.
pub fn least_rows(size: usize) -> usize {
    GROUP.div_ceil(size.max(1))
}

/// Cuts arrays into the parts that belong to each group, and gives them to `work` with the number of the group. With each array
/// comes the length of its part; the first is the one that says how many groups there are.
pub fn over_groups<T: Send + Sync, const W: usize, const R: usize>(
    written: [(&mut [T], usize); W],
    read: [(&[T], usize); R],
    work: impl Fn(usize, [&mut [T]; W], [&[T]; R]) + Sync,
) {
    let (lengths, steps) = (written.each_ref().map(|of| of.1), read.map(|of| of.1));
    let size = written[0].0.len();
    let groups = size.div_ceil(lengths[0].max(1));
    let parts = Parts { first: 0, groups, written: written.map(|of| of.0), read: read.map(|of| of.0) };
    if groups > 0 {
        parts.work((lengths, steps), size >= PARALLEL_MIN, &work);
    }
}

/// The arrays of some groups.
struct Parts<'a, T, const W: usize, const R: usize> {
    first: usize,
    groups: usize,
    written: [&'a mut [T]; W],
    read: [&'a [T]; R],
}

impl<T: Send + Sync, const W: usize, const R: usize> Parts<'_, T, W, R> {
    /// One group, or one half after the other, or both at once.
    fn work(
        self,
        lengths: ([usize; W], [usize; R]),
        parallel: bool,
        work: &(impl Fn(usize, [&mut [T]; W], [&[T]; R]) + Sync),
    ) {
        let Parts { first, groups, written, read } = self;
        if groups == 1 {
            return work(first, written, read);
        }
        let half = groups / 2;
        let (mut written, mut read) = (written, read);
        let left = Parts {
            first,
            groups: half,
            written: std::array::from_fn(|i| {
                let (left, right) = std::mem::take(&mut written[i]).split_at_mut(half * lengths.0[i]);
                written[i] = right;
                left
            }),
            read: std::array::from_fn(|i| {
                let (left, right) = read[i].split_at(half * lengths.1[i]);
                read[i] = right;
                left
            }),
        };
        let right = Parts { first: first + half, groups: groups - half, written, read };
        let run = |parts: Parts<'_, T, W, R>| parts.work(lengths, parallel, work);
        if parallel {
            rayon::join(|| run(left), || run(right));
        } else {
            run(left);
            run(right);
        }
    }
}
