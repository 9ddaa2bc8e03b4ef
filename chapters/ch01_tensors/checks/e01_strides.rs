//! Checks exercise e01_strides.
#[allow(unused)]
#[path = "../exercises/e01_strides.rs"]
mod strides;

use ch00_start::check::close;
use ch01_tensors::{Shape, Strides};

fn numbers(strides: &Strides) -> Vec<f64> {
    strides.iter().map(|&s| s as f64).collect()
}

/// For every axis, the product of the lengths of the axes that count: `counts(axis, other)`.
fn products(shape: &[usize], counts: impl Fn(usize, usize) -> bool) -> Vec<f64> {
    let size = |axis: usize| -> usize {
        (0..shape.len()).filter(|&other| counts(axis, other)).map(|other| shape[other]).product()
    };
    (0..shape.len()).map(|axis| size(axis) as f64).collect()
}

const SHAPES: [&[usize]; 6] = [&[2, 3, 4], &[5], &[], &[3, 1, 2], &[4, 7], &[2, 2, 3, 5, 2]];

#[test]
fn contiguous() {
    for shape in SHAPES {
        let mistakes = [
            (
                "column-major order: the first axis is the densest",
                products(shape, |axis, other| other < axis),
            ),
            ("the axis' own length is counted too", products(shape, |axis, other| other >= axis)),
            ("every axis steps by 1", vec![1.0; shape.len()]),
        ];
        let mistakes = mistakes.each_ref().map(|(text, values)| (*text, &values[..]));
        let got = numbers(&strides::contiguous_strides(&Shape::from(shape)));
        let want = products(shape, |axis, other| other > axis);
        close(&format!("strides of {shape:?}"), &got, &want, 0.0, &mistakes);
    }
}

#[test]
fn flat() {
    // Worked out by hand: 1*12 + 2*4 + 3*1, and so on. Negative strides are flipped axes, 0 is a broadcast one.
    let cases: [(&[usize], &[isize], f64, f64); 5] = [
        (&[1, 2, 3], &[12, 4, 1], 23.0, 23.0),
        (&[3, 2, 1], &[1, 4, 12], 23.0, 23.0),
        (&[4], &[-2], -8.0, 8.0),
        (&[1, 5, 2], &[6, 0, -1], 4.0, 8.0),
        (&[], &[], 0.0, 0.0),
    ];
    for (index, by, want, unsigned) in cases {
        let got = strides::flat_index(index, &Strides::from(by)) as f64;
        let positions = index.iter().sum::<usize>() as f64;
        let mistakes: [(&str, &[f64]); 2] = [
            ("the sign of a stride is lost: a flipped axis steps backwards", &[unsigned]),
            ("the indices are added without their strides", &[positions]),
        ];
        close(&format!("place of {index:?} with strides {by:?}"), &[got], &[want], 0.0, &mistakes);
    }
}

#[test]
fn both_count_the_elements() {
    // A row-major array is stored in the order in which an odometer counts: its places are 0, 1, 2, ...
    let strides = strides::contiguous_strides(&[3, 2, 4].into());
    let mut places = Vec::new();
    for (i, j, k) in (0..3).flat_map(|i| (0..2).flat_map(move |j| (0..4).map(move |k| (i, j, k)))) {
        places.push(strides::flat_index(&[i, j, k], &strides) as f64);
    }
    let want: Vec<f64> = (0..24).map(f64::from).collect();
    close("places of [3, 2, 4], in order", &places, &want, 0.0, &[]);
}
