//! Checks exercise e05_orthogonal.

#[allow(unused)]
#[path = "../exercises/e05_orthogonal.rs"]
mod orthogonal;

use ch00_start::check::close;
use orthogonal::orthonormalise;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn three_vectors() {
    // By hand: (3, 4, 0) has length 5. (10, 5, 0) has the part (30 + 20) / 5 = 10 along (0.6, 0.8, 0), and (4, -3, 0) is left,
    // of length 5. Of (1, 1, 2) only the last number is left.
    let start = vec![vec![3.0, 4.0, 0.0], vec![10.0, 5.0, 0.0], vec![1.0, 1.0, 2.0]];
    let mut vectors = start.clone();
    orthonormalise(&mut vectors);
    let right = [0.6, 0.8, 0.0, 0.8, -0.6, 0.0, 0.0, 0.0, 1.0];
    let unit: Vec<f64> = start.iter().flat_map(|v| v.iter().map(|x| x / dot(v, v).sqrt())).collect();
    let long = [3.0, 4.0, 0.0, 4.0, -3.0, 0.0, 0.0, 0.0, 2.0];
    let flipped: Vec<f64> = right.iter().map(|x| -x).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        ("each vector was only given length 1: the angles are as before", &unit),
        ("the vectors are at right angles, but not of length 1", &long),
        ("nothing was changed", &start.concat()),
        ("all signs are turned: R must have a positive diagonal", &flipped),
    ];
    close("orthonormalise", &vectors.concat(), &right, 1e-12, &mistakes);
}

#[test]
fn vectors_that_nearly_agree() {
    // They differ by 1e-7, so one pass leaves angles that are off by about 1e-9.
    let mut vectors: Vec<Vec<f64>> =
        (0..4).map(|i| (0..6).map(|j| 1.0 + if i == j { 1e-7 } else { 0.0 }).collect()).collect();
    orthonormalise(&mut vectors);
    for i in 0..4 {
        close("length", &[dot(&vectors[i], &vectors[i])], &[1.0], 1e-12, &[]);
        for j in 0..i {
            let angle = dot(&vectors[i], &vectors[j]).abs();
            assert!(
                angle < 1e-13,
                "nearly parallel vectors: one pass is not enough, {i} and {j} meet at {angle:e}"
            );
        }
    }
}
