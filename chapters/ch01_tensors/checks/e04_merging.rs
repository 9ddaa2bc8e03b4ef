//! Checks exercise e04_merging.
#[allow(unused)]
#[path = "../exercises/e04_merging.rs"]
mod merging;

use ch00_start::check::close;
use ch01_tensors::{Shape, Strides};

/// The place of every element, in row-major order of `shape`.
fn places(shape: &[usize], strides: &[isize]) -> Vec<f64> {
    let place = |mut i: usize| {
        let mut place = 0;
        for axis in (0..shape.len()).rev() {
            place += (i % shape[axis]) as isize * strides[axis];
            i /= shape[axis];
        }
        place as f64
    };
    (0..shape.iter().product()).map(place).collect()
}

/// Merges, and compares the walk of each operand with the one before. Gives the merged shape.
fn merged<const N: usize>(shape: &[usize], strides: [&[isize]; N]) -> Shape {
    let what = format!("{shape:?} with strides {strides:?}");
    let (short, merged) = merging::merge_axes(&shape.into(), &strides.map(Strides::from));
    let size = |shape: &[usize]| shape.iter().product::<usize>();
    assert_eq!(size(&short), size(shape), "{what}: {short:?} has another number of elements");
    for (n, (old, new)) in strides.iter().zip(&merged).enumerate() {
        assert_eq!(new.len(), short.len(), "{what}: {short:?}, but the strides {new:?}");
        let (want, got) = (places(shape, old), places(&short, new));
        let first_fits = n > 0 && places(&short, &merged[0]) == places(shape, strides[0]);
        let mistake = if first_fits {
            "merged although only the first operand allows it"
        } else if short.len() == 1 && !shape.is_empty() && new[0] == old[0] && got != want {
            "a merged axis steps as the inner one did, not as the outer"
        } else {
            "the walk reads other elements"
        };
        close(&format!("{what}, merged to {short:?}, operand {n}"), &got, &want, 0.0, &[(mistake, &got)]);
    }
    short
}

/// Merges and compares the number of axes.
fn merge<const N: usize>(shape: &[usize], strides: [&[isize]; N], want: &[usize]) {
    let got = merged(shape, strides);
    if got != Shape::from(want) {
        let ones = got.len() > want.len() && shape.contains(&1);
        let why =
            if ones { "an axis of length 1 is kept or stands between two that merge" } else { "not merged" };
        panic!("{shape:?} with strides {strides:?}: {why}: {got:?}, but {want:?} is possible");
    }
}

#[test]
fn one_operand() {
    merge(&[2, 3], [&[3, 1]], &[6]);
    merge(&[2, 3, 4], [&[12, 4, 1]], &[24]);
    merge(&[2, 6], [&[1, 2]], &[2, 6]); // transposed
    merge(&[2, 3, 4], [&[24, 4, 1]], &[2, 12]); // every other block
    merge(&[4, 2, 3], [&[1, 12, 4]], &[4, 6]); // the last axis of [2, 3, 4] brought to the front
    merge(&[3, 2], [&[-2, -1]], &[6]); // flipped along both axes
    merge(&[3, 2], [&[0, 0]], &[6]); // one number, stretched
    merge(&[5], [&[7]], &[5]);
}

#[test]
fn axes_of_length_one() {
    // Nobody steps along them, so their strides say nothing.
    merge(&[2, 1, 3], [&[3, 99, 1]], &[6]);
    merge(&[1, 2, 3, 1], [&[0, 3, 1, 0]], &[6]);
    merge(&[1, 1], [&[5, 5]], &[]);
    merge(&[], [&[]], &[]);
}

#[test]
fn several_operands() {
    merge(&[2, 3], [&[3, 1], &[3, 1]], &[6]);
    merge(&[2, 3], [&[3, 1], &[0, 1]], &[2, 3]); // a row is added to a matrix
    merge(&[2, 3], [&[3, 1], &[1, 0]], &[2, 3]); // a column
    merge(&[2, 3, 4], [&[12, 4, 1], &[0, 4, 1]], &[2, 12]);
    merge(&[2, 3, 4], [&[12, 4, 1], &[4, 0, 1], &[12, 4, 1]], &[2, 3, 4]);
    merge(&[2, 3, 4], [&[0, 0, 0], &[12, 4, 1]], &[24]);
}
