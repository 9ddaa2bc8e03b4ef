//! Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations (Jacobi 1846; `numpy.linalg.eigh`).
//!
//! A rotation in the plane of axes `p` and `q` can make one pair of elements off the diagonal 0: with
//! `t = tan θ`, `cot 2θ = (a_qq - a_pp) / (2 a_pq)`, the smaller root of `t² + 2 t cot 2θ - 1 = 0`. It disturbs the
//! others, but the sum of their squares falls by `2 a_pq²` each time. When all are gone, the diagonal holds the
//! eigenvalues, and the product of the rotations the eigenvectors. That is `d³` work for each of a few sweeps: for the
//! 12 axes of a patch, nothing.

use ch01_tensors::{Array, fail};

/// Eigenvalues, the largest first, and the eigenvectors as rows, `[d, d]`, of unit length. Only the upper half of the
/// matrix is looked at. The sign of each eigenvector makes its largest component positive.
///
/// # Panics
/// When the matrix is not square, or holds a number that is not finite.
#[track_caller]
pub fn symmetric_eigen(matrix: &Array<f64>) -> (Vec<f64>, Array<f64>) {
    let d = matrix.dim(0);
    if matrix.ndim() != 2 || matrix.dim(1) != d || matrix.iter().any(|x| !x.is_finite()) {
        fail("symmetric_eigen", format_args!("{:?} is not a square matrix of numbers", matrix.shape()));
    }
    let mut a: Vec<Vec<f64>> =
        (0..d).map(|i| (0..d).map(|j| matrix[[i.min(j), i.max(j)]]).collect()).collect();
    let mut v: Vec<Vec<f64>> = (0..d).map(|i| (0..d).map(|j| f64::from(i == j)).collect()).collect();
    let size: f64 = a.iter().flatten().map(|x| x * x).sum();
    // Sweeps converge quadratically: ten are plenty.
    for _ in 0..50 {
        let off: f64 =
            (0..d).flat_map(|p| (p + 1..d).map(move |q| (p, q))).map(|(p, q)| a[p][q].powi(2)).sum();
        if off <= 1e-30 * size {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                rotate(&mut a, &mut v, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..d).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    let values = order.iter().map(|&i| a[i][i]).collect();
    for row in &mut v {
        let largest =
            row.iter().copied().fold(0.0, |best: f64, x| if x.abs() > best.abs() { x } else { best });
        if largest < 0.0 {
            row.iter_mut().for_each(|x| *x = -*x);
        }
    }
    (values, Array::from_fn([d, d], |at| v[order[at[0]]][at[1]]))
}

/// Makes `a[p][q]` and `a[q][p]` 0; rows of `v` are the vectors so far.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let cot = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = cot.signum() / (cot.abs() + (cot * cot + 1.0).sqrt());
    let cos = 1.0 / (t * t + 1.0).sqrt();
    let sin = t * cos;
    for k in 0..a.len() {
        let (akp, akq) = (a[k][p], a[k][q]);
        (a[k][p], a[k][q]) = (cos * akp - sin * akq, sin * akp + cos * akq);
    }
    for k in 0..a.len() {
        let (apk, aqk) = (a[p][k], a[q][k]);
        (a[p][k], a[q][k]) = (cos * apk - sin * aqk, sin * apk + cos * aqk);
        let (vp, vq) = (v[p][k], v[q][k]);
        (v[p][k], v[q][k]) = (cos * vp - sin * vq, sin * vp + cos * vq);
    }
}
