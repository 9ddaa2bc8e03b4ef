//! t-SNE: a picture in which neighbours stay neighbours (van der Maaten and Hinton 2008), exact, in O(n²).
//!
//! Points `x_i`, `[n, size]`, get places `y_i`, `[n, 2]`.
//!
//! - `p_{j|i} ∝ exp(-β_i |x_i - x_j|²)` over `j ≠ i`: the probability that `i` picks `j` as its neighbour. `β_i` is found by
//!   bisection so that the entropy `H_i` is the logarithm of the *perplexity*: each point has about that many neighbours.
//!   `p_ij = (p_{j|i} + p_{i|j}) / 2n`.
//! - `q_ij = k_ij / Z`, with `k_ij = 1 / (1 + |y_i - y_j|²)` and `Z = Σ_{i≠j} k_ij`: the same in the picture, with the heavy
//!   tails of Student's t.
//! - The loss is the Kullback–Leibler divergence `Σ p_ij ln(p_ij / q_ij)`. Its gradient is
//!   `∂L/∂y_i = 4 Σ_j (p_ij - q_ij) k_ij (y_i - y_j)`: a spring between each two points, which pulls where they are too far
//!   apart and pushes where they are too near.
//!
//! Descent as in scikit-learn: momentum with a gain for each number, and early exaggeration, `p` times 12 for the first 250
//! steps, which lets clusters form while they can still pass through each other. Rows run in parallel, each sum in one order.
//!
//! Left out: Barnes–Hut and interpolation, which approximate the sums for more than some thousands of points.

use ch01_tensors::{Array, fail};
use rayon::prelude::*;

/// The probabilities `p_ij`, `[n, n]`, of points `x`, `[n, size]`.
///
/// # Panics
/// When `x` has another shape, or the perplexity is not from 1 to below `n`.
#[track_caller]
pub fn affinities(x: &Array<f64>, perplexity: f64) -> Array<f64> {
    let n = if x.ndim() == 2 { x.dim(0) } else { 0 };
    if !(1.0..n as f64).contains(&perplexity) {
        let shape = x.shape();
        fail(
            "affinities",
            format_args!("a perplexity of {perplexity} for points {shape:?}: from 1 to below n"),
        );
    }
    let (x, size) = (x.clone().contiguous(), x.dim(1).max(1));
    let point = |i: usize| &x.data()[i * size..][..size];
    let distance =
        |i: usize, j: usize| point(i).iter().zip(point(j)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let row = |i: usize| {
        let others: Vec<f64> = (0..n).filter(|&j| j != i).map(|j| distance(i, j)).collect();
        let mut row = neighbours(&others, perplexity);
        row.insert(i, 0.0);
        row
    };
    let rows: Vec<Vec<f64>> = (0..n).into_par_iter().map(row).collect();
    Array::from_fn([n, n], |i| (rows[i[0]][i[1]] + rows[i[1]][i[0]]) / (2 * n) as f64)
}

/// The probabilities of the others, given their squared distances.
fn neighbours(distances: &[f64], perplexity: f64) -> Vec<f64> {
    // The nearest one's distance taken off: the probabilities stay the same, and no sum is 0.
    let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0);
    let mut p = vec![0.0; distances.len()];
    for _ in 0..100 {
        for (p, d) in p.iter_mut().zip(distances) {
            *p = (-beta * (d - nearest)).exp();
        }
        let sum: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p /= sum);
        let entropy = -p.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        // Yours: A larger beta makes the nearest ones likelier, and the entropy smaller. The entropy is to be the
        // logarithm of the perplexity: move `low` or `high` to `beta`, and `beta` to the middle between them. As long as `high`
        // is infinite, double `beta` instead.
        todo!()
    }
    p
}

/// `k_ij` of all pairs, `[n, n]` with a diagonal of zeros, and their sum `Z`.
#[track_caller]
fn kernel(operation: &str, p: &Array<f64>, y: &Array<f64>) -> (Vec<f64>, f64) {
    let n = p.dim(0);
    if y.ndim() != 2 || p.shape()[..] != [y.dim(0), y.dim(0)] || n == 0 {
        let (p, y) = (p.shape(), y.shape());
        fail(operation, format_args!("{p:?} and {y:?} are not [n, n] and [n, size]"));
    }
    let (size, data) = (y.dim(1).max(1), y.data());
    let mut k = vec![0.0; n * n];
    let fill = |(i, row): (usize, &mut [f64])| {
        for j in (0..n).filter(|&j| j != i) {
            let pairs = data[i * size..][..size].iter().zip(&data[j * size..][..size]);
            row[j] = 1.0 / (1.0 + pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>());
        }
        row.iter().sum::<f64>()
    };
    let sums: Vec<f64> = k.par_chunks_mut(n).enumerate().map(fill).collect();
    (k, sums.iter().sum())
}

/// The divergence of the picture `y`, `[n, size]`, from the probabilities `p`, `[n, n]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn tsne<'a>(p: &'a Array<f64>, y: &'a Array<f64>) -> f64 {
    let (p, y) = (p.clone().contiguous(), y.clone().contiguous());
    let (k, z) = kernel("tsne", &p, &y);
    let terms = p.data().iter().zip(&k).filter(|(p, _)| **p > 0.0);
    terms.map(|(p, k)| p * (p * z / k).ln()).sum()
}

/// The gradient of the divergence with respect to the places, `[n, size]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn tsne_backward(p: &Array<f64>, y: &Array<f64>) -> Array<f64> {
    let (p, y) = (p.clone().contiguous(), y.clone().contiguous());
    let (k, z) = kernel("tsne_backward", &p, &y);
    let (n, size) = (y.dim(0), y.dim(1).max(1));
    let (p, places) = (p.data(), y.data());
    let mut grad = y.zeros_like();
    grad.data_mut().par_chunks_mut(size).enumerate().for_each(|(i, grad)| {
        for j in 0..n {
            let (p, k) = (p[i * n + j], k[i * n + j]);
            // Yours: Add 4 (p - q) k (y_i - y_j) to `grad`, with q = k / z. The places of point i begin at
            // places[i * size].
            todo!()
        }
    });
    grad
}
