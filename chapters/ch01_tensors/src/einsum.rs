//! Einsum: products and sums named by letters.
//!
//! `einsum("ij,jk->ik", &a, &b)` multiplies every element of `a` with every element of `b` that agrees in the letters
//! both have, and sums over the letters that the result does not have. That one rule covers the matrix product, its
//! batched form `bij,bjk->bik`, inner and outer products, traces and attention scores.
//!
//! Letters of one operand alone that the result lacks are summed first; then each result is one dot product of two
//! contiguous rows. Lengths of 1 broadcast. Without `->` the result
//! has every letter that occurs once, in alphabetical order.
//!
//! Follows `np.einsum` with two operands. Left out: `...`, a letter twice in one operand, and speed (chapter 2 has the matrix products).

use crate::walk::Walk;
use crate::{Array, Dims, Num, Shape, Strides, Subscripts, fail, parse_subscripts};

/// The letters of one operand or of the result.
type Letters = Dims<char>;

/// The operand with its letters in the given order; letters that are not in the order are summed over.
fn arrange<T: Num>(operand: &Array<T>, letters: &Letters, order: &[char]) -> (Array<T>, Letters) {
    let alone = (0..letters.len()).filter(|&axis| !order.contains(&letters[axis]));
    let alone: Strides = alone.map(|axis| axis as isize).collect();
    let summed = if alone.is_empty() { operand.clone() } else { operand.sum(&alone[..], false) };
    let kept: Letters = letters.iter().copied().filter(|letter| order.contains(letter)).collect();
    let sorted: Letters = order.iter().copied().filter(|letter| kept.contains(letter)).collect();
    let axis = |letter| kept.iter().position(|other| other == letter).expect("sorted is kept, in order");
    (summed.permute(sorted.iter().map(|letter| axis(letter) as isize).collect::<Strides>()), sorted)
}

/// The dot product of two rows, in 8 running sums side by side; a fixed order, so always the same bits.
fn dot<T: Num>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; 8];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    for (x, y) in x.iter().zip(y) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest = x_rest.iter().zip(y_rest).fold(T::ZERO, |sum, (&x, &y)| sum + x * y);
    lanes.into_iter().fold(rest, |sum, lane| sum + lane)
}

/// The products of two arrays summed over letters (`np.einsum`); see the top of this file.
///
/// ```
/// use ch01_tensors::{einsum, Array};
/// let (a, b) = (Array::from([[1.0, 2.0], [3.0, 4.0]]), Array::from([10.0, 1.0]));
/// assert_eq!(einsum("ij,j->i", &a, &b), Array::from([12.0, 34.0]));
/// ```
///
/// # Panics
/// When the letters are wrong (see [`parse_subscripts`]) or not as many as axes, or a letter has different lengths,
/// neither of them 1.
#[track_caller]
pub fn einsum<T: Num>(spec: &str, a: &Array<T>, b: &Array<T>) -> Array<T> {
    let Subscripts { a: a_letters, b: b_letters, output: result } = match parse_subscripts(spec) {
        Ok(subscripts) => subscripts,
        Err(rule) => fail("einsum", format_args!("{spec}: {rule}")),
    };
    let (arrays, operands) = ([a, b], [a_letters, b_letters]);

    // How long each letter is: all its lengths are equal or 1.
    let mut lengths = [1usize; 128];
    for (array, letters) in arrays.iter().zip(&operands) {
        if array.ndim() != letters.len() {
            let (letters, shape) = (letters.len(), array.shape);
            fail("einsum", format_args!("{spec}: {letters} letters for an operand of shape {shape:?}"));
        }
        for (&letter, &length) in letters.iter().zip(array.shape.iter()) {
            let known = &mut lengths[letter as usize];
            if length != *known && length != 1 && *known != 1 {
                let (a, b) = (a.shape, b.shape);
                let rule =
                    format_args!("{spec}: `{letter}` has lengths {known} and {length} in {a:?} and {b:?}");
                fail("einsum", rule);
            }
            *known = if *known == 1 { length } else { *known };
        }
    }
    // The letters to sum over at the end: in both operands, and not in the result.
    let inner: Letters =
        operands[0].iter().copied().filter(|l| operands[1].contains(l) && !result.contains(l)).collect();
    let inner_shape: Shape = inner.iter().map(|&letter| lengths[letter as usize]).collect();
    let length = inner_shape.size();
    let shape: Shape = result.iter().map(|&letter| lengths[letter as usize]).collect();

    // Each operand as rows of the inner letters, and how far its row moves along each axis of the result.
    let prepare = |n: usize| -> (Array<T>, Strides) {
        let order = result.iter().chain(inner.iter()).filter(|letter| operands[n].contains(letter));
        let (array, letters) = arrange(arrays[n], &operands[n], &order.copied().collect::<Letters>());
        // Inner letters of length 1 are stretched; outer ones are read again by a stride of 0.
        let outer = letters.len() - inner.len();
        let stretched: Shape = array.shape[..outer].iter().chain(inner_shape.iter()).copied().collect();
        let array = array.broadcast_to(stretched).contiguous();
        let strides = result.iter().map(|letter| match letters[..outer].iter().position(|l| l == letter) {
            Some(axis) if array.shape[axis] > 1 => array.strides[axis],
            _ => 0,
        });
        let strides = strides.collect();
        (array, strides)
    };
    let ((a, a_strides), (b, b_strides)) = (prepare(0), prepare(1));

    let mut out = Array::zeros(shape);
    if length == 0 || out.is_empty() {
        return out; // Sums of nothing.
    }
    let (x, y) = (a.data(), b.data());
    let walk = Walk::new(shape, [a_strides, b_strides], [0, 0]);
    walk.fill(out.data_mut(), |[i, j]| dot(&x[i..i + length], &y[j..j + length]));
    out
}
