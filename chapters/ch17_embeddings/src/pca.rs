//! Principal components: the few directions along which a cloud of points is widest (`sklearn.decomposition.PCA`).
//!
//! The variance of the points `x_n` along a unit vector `v` is `vᵀ C v` with the covariance matrix
//! `C = Σ (x_n - mean)(x_n - mean)ᵀ / (n - 1)`. It is largest for the eigenvector of the largest eigenvalue, and that
//! eigenvalue is the variance. The next direction, perpendicular to the first, is the next eigenvector, and so on.
//!
//! The eigenvectors come from Jacobi's method (1846): rotate two axes at a time so that their entry of `C` becomes 0,
//! until nothing but the diagonal is left. Exact and simple, and fast enough for some hundreds of dimensions.

use ch01_tensors::{Array, fail};

/// The widest directions of a set of points.
pub struct Pca {
    /// The mean of the points, `[size]`.
    pub mean: Array<f64>,
    /// Unit vectors, widest first, `[components, size]`. The largest entry of each is positive, as the sign is free.
    pub directions: Array<f64>,
    /// The variance along each direction, `[components]`, divided by `n - 1`.
    pub variances: Array<f64>,
}

impl Pca {
    // ANCHOR: fit
    /// The first `components` directions of the points `x`, `[n, size]`.
    ///
    /// # Panics
    /// When there are fewer than two points, or more components than dimensions.
    #[track_caller]
    pub fn fit(x: &Array<f64>, components: usize) -> Self {
        if x.ndim() != 2 || x.dim(0) < 2 || components > x.dim(1) {
            let rule =
                format_args!("{components} components of points {:?}: need two points or more", x.shape());
            fail("Pca::fit", format_args!("{rule}, [n, size], and no more components than size"));
        }
        let (n, size) = (x.dim(0), x.dim(1));
        let mean = x.mean(0, false);
        let centred = x - &mean;
        let mut covariance = vec![vec![0.0; size]; size];
        for row in centred.data().chunks(size) {
            for i in 0..size {
                for j in 0..size {
                    covariance[i][j] += row[i] * row[j] / (n - 1) as f64;
                }
            }
        }
        let mut found = eigenvectors(covariance);
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let variances = Array::from_fn([components], |i| found[i[0]].0.max(0.0));
        let directions = Array::from_fn([components, size], |i| found[i[0]].1[i[1]]);
        Pca { mean, directions, variances }
    }
    // ANCHOR_END: fit

    /// Where the points lie along the directions, `[n, size]` to `[n, components]`.
    ///
    /// # Panics
    /// When the points have another size.
    #[track_caller]
    pub fn project(&self, x: &Array<f64>) -> Array<f64> {
        let centred = x - &self.mean;
        let along = |i: &[usize]| {
            (0..self.mean.size()).map(|j| centred[[i[0], j]] * self.directions[[i[1], j]]).sum()
        };
        Array::from_fn([x.dim(0), self.variances.size()], along)
    }
}

// ANCHOR: eigenvectors
/// The eigenvalues of a symmetric matrix with their unit eigenvectors, in no order.
fn eigenvectors(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = a.len();
    // Row i becomes the i-th eigenvector.
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect();
    let total: f64 = a.iter().flatten().map(|x| x * x).sum();
    let pairs = || (0..size).flat_map(move |p| (p + 1..size).map(move |q| (p, q)));
    // Each sweep squares what is left off the diagonal, once it is small: ten are plenty.
    for _ in 0..50 {
        if pairs().map(|(p, q)| a[p][q] * a[p][q]).sum::<f64>() <= 1e-32 * total {
            break;
        }
        for (p, q) in pairs() {
            if a[p][q] == 0.0 {
                continue;
            }
            // The tangent of the angle that makes a[p][q] vanish: the smaller root of t² + 2 t theta = 1.
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let sine = tangent * cosine;
            let rotate =
                |x: &mut f64, y: &mut f64| (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
            for row in &mut a {
                let (low, high) = row.split_at_mut(q);
                rotate(&mut low[p], &mut high[0]);
            }
            for matrix in [&mut a, &mut vectors] {
                let (low, high) = matrix.split_at_mut(q);
                low[p].iter_mut().zip(&mut high[0]).for_each(|(x, y)| rotate(x, y));
            }
        }
    }
    for vector in &mut vectors {
        let largest = vector.iter().copied().max_by(|x, y| x.abs().total_cmp(&y.abs())).unwrap_or(1.0);
        vector.iter_mut().for_each(|x| *x *= largest.signum());
    }
    (0..size).map(|i| a[i][i]).zip(vectors).collect()
}
// ANCHOR_END: eigenvectors
