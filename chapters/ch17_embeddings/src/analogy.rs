//! Analogies: `a` is to `b` as `c` is to what? (3CosAdd, Mikolov, Yih, Zweig 2013.)
//!
//! If the step from "man" to "woman" is about the step from "king" to the word sought, that word is near
//! `woman - man + king`. All vectors are made unit vectors first; among all words but the three of the question, the one with
//! the largest cosine is the answer.

use ch01_tensors::{Array, Float, fail};

use crate::nearest;

/// The rows of a table, `[count, size]`, scaled to length 1; rows of zeros stay.
///
/// # Panics
/// When the table has another shape.
#[track_caller]
pub fn unit_rows<T: Float>(table: &Array<T>) -> Array<T> {
    if table.ndim() != 2 {
        fail("unit_rows", format_args!("a table of shape {:?} is not [count, size]", table.shape()));
    }
    let (size, mut table) = (table.dim(1).max(1), table.clone().contiguous());
    for row in table.data_mut().chunks_mut(size) {
        let length = row.iter().fold(T::ZERO, |sum, &x| sum + x * x).sqrt();
        if length > T::ZERO {
            row.iter_mut().for_each(|x| *x = *x / length);
        }
    }
    table
}

// ANCHOR: analogy
/// The `count` best answers to "a is to b as c is to what", with their cosines, for unit vectors `[words, size]`
/// (see [`unit_rows`]). The words of the question are no answers: `b` or `c` itself is often nearest.
///
/// # Panics
/// When a word is not in the table.
#[track_caller]
pub fn analogy<T: Float>(units: &Array<T>, [a, b, c]: [usize; 3], count: usize) -> Vec<(usize, T)> {
    let (words, size) = (units.dim(0), units.dim(1));
    if let Some(word) = [a, b, c].into_iter().find(|&word| word >= words) {
        fail("analogy", format_args!("word {word} is outside a table of {words} rows"));
    }
    let target = Array::from_fn([size], |k| units[[b, k[0]]] - units[[a, k[0]]] + units[[c, k[0]]]);
    let mut found = nearest(units, &target, count + 3);
    found.retain(|&(word, _)| ![a, b, c].contains(&word));
    found.truncate(count);
    found
}
// ANCHOR_END: analogy
