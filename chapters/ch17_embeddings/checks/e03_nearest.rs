//! Checks exercise e03_nearest.

#[allow(unused)]
#[path = "../exercises/e03_nearest.rs"]
mod nearest;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use nearest::{cosine, nearest};

#[test]
fn cosines() {
    let mut rng = Rng::new(0, "vectors");
    for size in [1, 2, 3, 10, 33] {
        let [a, b]: [Vec<f64>; 2] = [0, 1].map(|_| (0..size).map(|_| 2.0 * rng.normal()).collect());
        let dot = |a: &[f64], b: &[f64]| (0..size).map(|i| a[i] * b[i]).sum::<f64>();
        let (ab, aa, bb) = (dot(&a, &b), dot(&a, &a), dot(&b, &b));
        let mistakes: [(&str, &[f64]); 5] = [
            ("the dot product was not divided by the lengths", &[ab]),
            ("divided by the squares of the lengths", &[ab / (aa * bb)]),
            ("divided by the length of the first vector only", &[ab / aa.sqrt()]),
            ("divided by the length of the second vector only", &[ab / bb.sqrt()]),
            ("the sign was lost", &[ab.abs() / (aa * bb).sqrt()]),
        ];
        close("cosine", &[cosine(&a, &b)], &[ab / (aa * bb).sqrt()], 1e-12, &mistakes);
    }
}

#[test]
fn known_angles() {
    close("cosine of equal directions", &[cosine(&[3.0, 4.0], &[0.3, 0.4])], &[1.0], 1e-12, &[]);
    close("cosine of opposite directions", &[cosine(&[3.0, 4.0], &[-6.0, -8.0])], &[-1.0], 1e-12, &[]);
    close("cosine of a right angle", &[cosine(&[3.0, 4.0], &[-4.0, 3.0])], &[0.0], 1e-12, &[]);
}

#[test]
fn zeros() {
    let mistakes: [(&str, &[f64]); 1] = [("0 / 0 is not a number", &[f64::NAN])];
    close("cosine with a vector of zeros", &[cosine(&[0.0, 0.0], &[1.0, 2.0])], &[0.0], 1e-12, &mistakes);
}

#[test]
fn best_first() {
    let table = Array::from([[9.0, 9.0], [0.0, 0.1], [-1.0, 0.0], [0.0, 0.0], [0.1, 5.0]]);
    let rows: Vec<usize> = nearest(&table, &Array::from([0.0, 1.0]), 4).iter().map(|found| found.0).collect();
    assert_eq!(rows, [1, 4, 0, 2], "nearest: the rows most like [0, 1], best first");
}
