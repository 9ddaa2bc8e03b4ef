//! Which vectors of a table are most like a given one, by the cosine of the angle between them.
//!
//! `cos(a, b) = a · b / (|a| |b|)` is 1 for the same direction, 0 for perpendicular ones, -1 for opposite ones, and does
//! not depend on the lengths (`torch.nn.functional.cosine_similarity`). Words that tell much get long vectors: by the dot
//! product alone they would be everybody's neighbours.

use ch01_tensors::{Array, Float, fail};

// ANCHOR: nearest
/// The `count` rows of `table`, `[rows, size]`, most similar to `query`, `[size]`: row numbers and cosines, best first,
/// of equals the lower row first. A vector of zeros has cosine 0 with all.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn nearest<T: Float>(table: &Array<T>, query: &Array<T>, count: usize) -> Vec<(usize, T)> {
    if table.ndim() != 2 || query.shape()[..] != table.shape()[1..] {
        let (table, query) = (table.shape(), query.shape());
        fail("nearest", format_args!("{table:?} and {query:?} are not [rows, size] and [size]"));
    }
    let (table, query) = (table.clone().contiguous(), query.clone().contiguous());
    let rows = (0..table.dim(0)).map(|row| &table.data()[row * query.size()..][..query.size()]);
    let mut found: Vec<(usize, T)> = rows.map(|vector| cosine(vector, query.data())).enumerate().collect();
    // A stable sort: rows that are equally similar stay in their order.
    found.sort_by(|a, b| b.1.to_f64().total_cmp(&a.1.to_f64()));
    found.truncate(count);
    found
}

/// The cosine of the angle between two vectors; 0 if one of them is 0.
pub fn cosine<T: Float>(a: &[T], b: &[T]) -> T {
    // exercise: cosine - The dot product, divided by both lengths. If a length is 0, the cosine is 0.
    let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
    let lengths = dot(a, a).sqrt() * dot(b, b).sqrt();
    if lengths == T::ZERO { T::ZERO } else { dot(a, b) / lengths }
    // exercise: end
}
// ANCHOR_END: nearest
