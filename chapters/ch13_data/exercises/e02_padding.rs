//! Rows of different length as one array: the short ones are filled up, and a mask says what is real.

use ch01_tensors::Array;
use ch13_data::{PAD, Tokens};

/// Token numbers and mask, both `[rows, longest]`: each row in front, then [`PAD`] with a mask of `false`
/// (`torch.nn.utils.rnn.pad_sequence` with `batch_first=True`). At least one column.
pub fn pad(rows: &[&[u32]]) -> Tokens {
    let time = rows.iter().map(|row| row.len()).max().unwrap_or(0).max(1);
    let shape = [rows.len(), time];
    let mut ids = Array::full(shape, i64::from(PAD));
    let mut mask = Array::full(shape, false);
    // Yours: Write each row into the front of its row of `ids`, and `true` into the same places of `mask`:
    // `ids.data_mut().chunks_mut(time)` are the rows. A real token may happen to be 0.
    todo!();
    Tokens { ids, mask }
}
