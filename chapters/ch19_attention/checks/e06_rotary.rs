//! Checks exercise e06_rotary.

#[allow(unused)]
#[path = "../exercises/e06_rotary.rs"]
mod rotary;

use ch00_start::check::close;
use ch01_tensors::Array;
use rotary::{Rotary, RotaryLayout, turn_pairs};

const X: [f64; 6] = [1.0, -2.0, 0.5, 3.0, 0.25, -1.0];
const ANGLES: [f64; 3] = [0.3, 1.1, -0.7];

/// Each pair of X as a complex number, turned, by `(index of a, index of b)` of pair `i`; `sign` is that of the angle.
fn turned(pair: impl Fn(usize) -> (usize, usize), sign: f64) -> Vec<f64> {
    let mut y = X.to_vec();
    for (i, angle) in ANGLES.iter().enumerate() {
        let (a, b) = pair(i);
        // By length and direction.
        let (length, direction) = (X[a].hypot(X[b]), X[b].atan2(X[a]) + sign * angle);
        (y[a], y[b]) = (length * direction.cos(), length * direction.sin());
    }
    y
}

fn halves(i: usize) -> (usize, usize) {
    (i, 3 + i)
}

fn neighbours(i: usize) -> (usize, usize) {
    (2 * i, 2 * i + 1)
}

fn ours(layout: RotaryLayout) -> Vec<f64> {
    let angles: Vec<f64> = ANGLES.iter().map(|a| a.cos()).chain(ANGLES.iter().map(|a| a.sin())).collect();
    let mut x = X.to_vec();
    turn_pairs(&mut x, &angles, layout);
    x
}

/// The first of each pair is overwritten before the second is computed.
fn overwritten(pair: impl Fn(usize) -> (usize, usize)) -> Vec<f64> {
    let mut x = X.to_vec();
    for (i, angle) in ANGLES.iter().enumerate() {
        let (a, b) = pair(i);
        x[a] = x[a] * angle.cos() - x[b] * angle.sin();
        x[b] = x[a] * angle.sin() + x[b] * angle.cos();
    }
    x
}

#[test]
fn both_halves() {
    let mistakes: [(&str, &[f64]); 4] = [
        ("turned the other way: the minus belongs to the first of the pair", &turned(halves, -1.0)),
        ("neighbours were paired, but the layout is Halves", &turned(neighbours, 1.0)),
        ("the first of each pair was overwritten before the second was computed", &overwritten(halves)),
        ("nothing was turned", &X),
    ];
    close("halves", &ours(RotaryLayout::Halves), &turned(halves, 1.0), 1e-12, &mistakes);
}

#[test]
fn neighbours_are_pairs() {
    let mistakes: [(&str, &[f64]); 2] = [
        ("the halves were paired, but the layout is Interleaved", &turned(halves, 1.0)),
        ("the first of each pair was overwritten before the second was computed", &overwritten(neighbours)),
    ];
    close("interleaved", &ours(RotaryLayout::Interleaved), &turned(neighbours, 1.0), 1e-12, &mistakes);
}

#[test]
fn products_depend_on_the_distance() {
    let rotary = Rotary::new(6, 100.0);
    let [q, k] = [X, [0.5, 1.0, -1.0, 2.0, 0.0, 1.0]].map(|x| Array::from_slice(&x, [1, 1, 1, 6]));
    let product = |p: usize, s: usize| (rotary.apply(q.clone(), p) * &rotary.apply(k.clone(), s)).sum_all();
    close("product at distance 3", &[product(13, 10)], &[product(3, 0)], 1e-12, &[]);
}
