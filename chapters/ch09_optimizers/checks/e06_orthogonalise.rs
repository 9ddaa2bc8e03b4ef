//! Checks exercise e06_orthogonalise.

#[allow(unused)]
#[path = "../exercises/e06_orthogonalise.rs"]
mod orthogonalise;

use ch00_start::check::close;
use ch01_tensors::Array;
use orthogonalise::{COEFFICIENTS, orthogonalise};

const VALUES: [f64; 2] = [3.0, 0.6];
const ANGLES: (f64, f64) = (0.4, 1.1);

/// Rotation, the two singular values, rotation: a matrix whose singular values are known, `[2, 2]`.
fn with_values(values: [f64; 2]) -> Vec<f64> {
    let (p, q) = ANGLES;
    let (u, v) = ([[p.cos(), -p.sin()], [p.sin(), p.cos()]], [[q.cos(), q.sin()], [-q.sin(), q.cos()]]);
    let at = |i: usize, j: usize| (0..2).map(|k| u[i][k] * values[k] * v[k][j]).sum::<f64>();
    vec![at(0, 0), at(0, 1), at(1, 0), at(1, 1)]
}

/// The polynomial acts on singular values alone.
fn iterated(steps: usize, norm: f64, polynomial: impl Fn(f64) -> f64) -> Vec<f64> {
    let of = |s: f64| (0..steps).fold(s / norm, |s, _| polynomial(s));
    with_values(VALUES.map(of))
}

#[test]
fn all_singular_values_become_about_one() {
    let [a, b, c] = COEFFICIENTS;
    let norm = VALUES.iter().map(|s| s * s).sum::<f64>().sqrt();
    let right = |s: f64| a * s + b * s.powi(3) + c * s.powi(5);
    let matrix = Array::from_slice(&with_values(VALUES), [2, 2]);
    for steps in [1, 5] {
        let got = orthogonalise(&matrix, steps, 1e-7).to_vec();
        let unscaled = iterated(steps, 1.0, right);
        let squared = iterated(steps, norm * norm, right);
        let no_square = iterated(steps, norm, |s| a * s + (b + c) * s.powi(3));
        let no_first = iterated(steps, norm, |s| b * s.powi(3) + c * s.powi(5));
        let fewer = iterated(steps - 1, norm, right);
        let mistakes: [(&str, &[f64]); 5] = [
            ("not divided by the norm: singular values above 1 blow up", &unscaled),
            ("divided by the square of the norm", &squared),
            ("`c` belongs to the square of the Gram matrix", &no_square),
            ("`a x` is missing", &no_first),
            ("one step too few", &fewer),
        ];
        close(&format!("{steps} steps"), &got, &iterated(steps, norm, right), 1e-10, &mistakes);
    }
}

#[test]
fn wide_and_tall_alike() {
    // One row: the only singular value is its length.
    let [a, b, c] = COEFFICIENTS;
    let size = a + b + c;
    for shape in [[1, 2], [2, 1]] {
        let got = orthogonalise(&Array::from_slice(&[3.0, 4.0], shape), 1, 1e-7);
        assert_eq!(got.shape(), &shape, "the shape must stay");
        close("one row", &got.to_vec(), &[0.6 * size, 0.8 * size], 1e-12, &[]);
    }
}

#[test]
fn zeros_stay_zeros() {
    let got = orthogonalise(&Array::<f64>::zeros([2, 3]), 5, 1e-7).to_vec();
    assert!(
        got.iter().all(|&x| x == 0.0),
        "a matrix of zeros: divided by a norm of 0 instead of by `eps`: {got:?}"
    );
}
