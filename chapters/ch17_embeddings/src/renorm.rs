//! Shortening the vectors that are about to be used (`nn.Embedding(max_norm=...)`).
//!
//! PyTorch changes the table itself, before the lookup and outside of the gradient: a row longer than the limit is multiplied
//! by `limit / (|w| + 1e-7)`. Rows that the tokens do not name are left alone, however long.
//!
//! Left out: lengths other than the Euclidean (`norm_type`).

use ch01_tensors::{Array, Float, fail};

/// Shortens the rows of `table`, `[count, size]`, that `ids` names to a Euclidean length of at most `max_norm`.
///
/// # Panics
/// When the table has another shape, or a token is not in it.
#[track_caller]
pub fn shorten_rows<T: Float>(table: &mut Array<T>, ids: &Array<i64>, max_norm: f64) {
    if table.ndim() != 2 {
        fail("shorten_rows", format_args!("a table of shape {:?} is not [count, size]", table.shape()));
    }
    let (count, size) = (table.dim(0), table.dim(1));
    let mut ids: Vec<i64> = ids.iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let (limit, data) = (T::from_f64(max_norm), table.data_mut());
    for id in ids {
        if id < 0 || id >= count as i64 {
            fail("shorten_rows", format_args!("token {id} is outside a table of {count} rows"));
        }
        let row = &mut data[id as usize * size..][..size];
        let norm = row.iter().fold(T::ZERO, |sum, &w| sum + w * w).sqrt();
        if norm > limit {
            let scale = limit / (norm + T::from_f64(1e-7));
            row.iter_mut().for_each(|w| *w *= scale);
        }
    }
}
