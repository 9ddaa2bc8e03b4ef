//! Checks exercise e02_broadcast.
#[allow(unused)]
#[path = "../exercises/e02_broadcast.rs"]
mod broadcast;

use ch00_start::check::close;
use ch01_tensors::{Shape, Strides};

/// A shape as numbers; -1 for "they do not fit".
fn numbers(shape: Option<Shape>) -> Vec<f64> {
    shape.map_or(vec![-1.0], |shape| shape.iter().map(|&n| n as f64).collect())
}

/// Two shapes that fit, what they give, a mistake and what it would give (-1: they do not fit).
type Case<'a> = (&'a [usize], &'a [usize], &'a [f64], &'a str, &'a [f64]);

#[test]
fn shape() {
    // The results are those of numpy.broadcast_shapes.
    let first = "aligned at the first axis instead of the last";
    let zero = "the larger length is taken, but 1 stretches to 0 as well";
    let cases: [Case; 9] = [
        (&[4, 1, 3], &[5, 1], &[4.0, 5.0, 3.0], first, &[-1.0]),
        (&[2, 3], &[3], &[2.0, 3.0], first, &[-1.0]),
        (&[3], &[2, 3], &[2.0, 3.0], first, &[-1.0]),
        (&[3, 1], &[3], &[3.0, 3.0], first, &[3.0, 1.0]),
        (&[2, 3], &[2, 3], &[2.0, 3.0], "", &[]),
        (&[], &[2, 3], &[2.0, 3.0], "a shape without axes fits every other", &[-1.0]),
        (&[1, 1], &[1], &[1.0, 1.0], "", &[]),
        (&[0, 3], &[1, 3], &[0.0, 3.0], zero, &[1.0, 3.0]),
        (&[1], &[2, 0], &[2.0, 0.0], zero, &[2.0, 1.0]),
    ];
    for (a, b, want, mistake, wrong) in cases {
        let got = numbers(broadcast::broadcast_shape(&a.into(), &b.into()));
        close(&format!("shape of {a:?} with {b:?}"), &got, want, 0.0, &[(mistake, wrong)]);
    }
}

#[test]
fn shapes_that_do_not_fit() {
    for (a, b) in [([2, 3], [2, 2]), ([2, 3], [3, 3]), ([4, 0], [4, 2]), ([4, 2], [4, 0])] {
        let larger: Vec<f64> = a.iter().zip(&b).map(|(x, y)| *x.max(y) as f64).collect();
        let mistakes = [("two lengths differ and neither is 1: this must be None", &larger[..])];
        let got = numbers(broadcast::broadcast_shape(&a.into(), &b.into()));
        close(&format!("shape of {a:?} with {b:?}"), &got, &[-1.0], 0.0, &mistakes);
    }
}

/// The place in storage of every element of `to`, in order, when its axes are walked with `strides`.
fn places(to: &[usize], strides: &[isize]) -> Vec<f64> {
    let place = |mut i: usize| {
        let mut place = 0;
        for axis in (0..to.len()).rev() {
            place += (i % to[axis]) as isize * strides[axis];
            i /= to[axis];
        }
        place as f64
    };
    (0..to.iter().product()).map(place).collect()
}

#[test]
fn strides() {
    let cases: [(&[usize], &[isize], &[usize]); 6] = [
        (&[3], &[1], &[2, 3]),
        (&[2, 1], &[1, 1], &[2, 3]),
        (&[2, 1, 3], &[3, 3, 1], &[2, 4, 3]),
        (&[3, 1], &[-1, 7], &[2, 3, 2]),
        (&[], &[], &[2, 2]),
        (&[2, 3], &[1, 2], &[2, 3]),
    ];
    for (shape, by, to) in cases {
        let new = to.len() - shape.len();
        // What must be read: the index of every element of `to`, cut to the shape, axis by axis.
        let mut want = vec![0.0; to.iter().product()];
        for (i, want) in want.iter_mut().enumerate() {
            let at = |axis: usize| i / to[axis + 1..].iter().product::<usize>() % to[axis];
            *want = (0..shape.len())
                .map(|axis| at(new + axis).min(shape[axis] - 1) as f64 * by[axis] as f64)
                .sum();
        }
        let keeps = [vec![0; new], by.to_vec()].concat();
        let mut behind: Vec<isize> =
            by.iter().zip(shape).map(|(&s, &n)| if n == 1 { 0 } else { s }).collect();
        behind.resize(to.len(), 0);
        let (keeps, behind) = (places(to, &keeps), places(to, &behind));
        let mistakes = [
            ("a stretched axis keeps its stride and runs on into other elements", &keeps[..]),
            ("the new axes are put behind the old ones instead of in front", &behind[..]),
        ];
        let got = broadcast::broadcast_strides(&shape.into(), &Strides::from(by), &to.into());
        assert_eq!(got.len(), to.len(), "strides of {shape:?} read as {to:?}: every axis needs one");
        // The places are compared and not the strides: an axis of length 1 may have any stride.
        close(&format!("places of {shape:?} read as {to:?}"), &places(to, &got), &want, 0.0, &mistakes);
    }
}
