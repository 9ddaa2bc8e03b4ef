//! Winograd's way for any tile and any points, written plainly: for the study of its error, and as a second opinion about the
//! transforms of the fifth rung.
//!
//! `F(m, r)` computes `m` outputs of `r` taps by `n = m + r - 1` products, one for each point. The points are `n - 1` numbers and
//! infinity. With `V_k`, `[n, k]`, for the powers `0 .. k - 1` of the points (at infinity: the highest alone),
//! `y = Aᵀ [(G w) * (Bᵀ x)]` with `A = V_m`, and `Bᵀ` and `G` from `V_n⁻¹ diag(V_r w) V_m`, transposed: row `p` of `Bᵀ` holds the
//! coefficients of `prod_{q != p} (t - q)`, the denominators `prod_{q != p} (p - q)` are divided out of `G = V_r`.

use ch01_tensors::Float;

/// The matrices of `F(m, 3)` for some points and infinity, computed in 64 bits and rounded to `T`.
pub struct WinogradTransforms<T> {
    /// `Bᵀ`, `[n, n]`: numbers of the image to values at the points.
    pub image: Vec<Vec<T>>,
    /// `G`, `[n, 3]`: taps to values at the points.
    pub kernel: Vec<Vec<T>>,
    /// `Aᵀ`, `[m, n]`: products to outputs.
    pub output: Vec<Vec<T>>,
}

/// The coefficients of `prod (t - root)`, from the power 0 on.
fn with_roots(roots: impl Iterator<Item = f64>) -> Vec<f64> {
    roots.fold(vec![1.0], |before, root| {
        let mut next = vec![0.0; before.len() + 1];
        for (power, coefficient) in before.into_iter().enumerate() {
            next[power + 1] += coefficient;
            next[power] -= root * coefficient;
        }
        next
    })
}

impl<T: Float> WinogradTransforms<T> {
    // ANCHOR: transforms
    /// `F(m, 3)` with `m = points.len() - 1`: the finite points are `points`, and infinity comes last.
    pub fn new(points: &[f64]) -> Self {
        let (n, m) = (points.len() + 1, points.len() - 1);
        let others = |p: usize| (0..n - 1).filter(move |&q| q != p).map(|q| points[q]);
        let mut image: Vec<Vec<f64>> = (0..n - 1).map(|p| with_roots(others(p))).collect();
        image.push(with_roots(points.iter().copied()));
        image.iter_mut().for_each(|row| row.resize(n, 0.0));
        let powers = |p: usize, count: usize| (0..count).map(move |k| points[p].powi(k as i32));
        let highest = |count: usize| (0..count).map(move |k| f64::from(k + 1 == count));
        let denominator = |p: usize| others(p).map(|q| points[p] - q).product::<f64>();
        let mut kernel: Vec<Vec<f64>> =
            (0..n - 1).map(|p| powers(p, 3).map(|power| power / denominator(p)).collect()).collect();
        kernel.push(highest(3).collect());
        let mut columns: Vec<Vec<f64>> = (0..n - 1).map(|p| powers(p, m).collect()).collect();
        columns.push(highest(m).collect());
        let output = (0..m).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
        let round = |matrix: Vec<Vec<f64>>| -> Vec<Vec<T>> {
            matrix.into_iter().map(|row| row.into_iter().map(T::from_f64).collect()).collect()
        };
        WinogradTransforms { image: round(image), kernel: round(kernel), output: round(output) }
    }
    // ANCHOR_END: transforms

    /// The outputs of a tile, `m`.
    pub fn tile(&self) -> usize {
        self.output.len()
    }

    // ANCHOR: tile
    /// One tile of outputs, `[m, m]`: `images` are its channels, `[n, n]` each, `kernels` theirs, `[3, 3]`. All in `T`.
    pub fn outputs(&self, images: &[Vec<Vec<T>>], kernels: &[Vec<Vec<T>>]) -> Vec<Vec<T>> {
        let n = self.image.len();
        let mut sums = vec![vec![T::ZERO; n]; n];
        for (image, kernel) in images.iter().zip(kernels) {
            let (image, kernel) = (both(&self.image, image), both(&self.kernel, kernel));
            for (sums, (image, kernel)) in sums.iter_mut().zip(image.iter().zip(&kernel)) {
                for (sum, (&x, &w)) in sums.iter_mut().zip(image.iter().zip(kernel)) {
                    *sum += x * w;
                }
            }
        }
        both(&self.output, &sums)
    }
    // ANCHOR_END: tile
}

/// `M X Mᵀ`.
fn both<T: Float>(m: &[Vec<T>], x: &[Vec<T>]) -> Vec<Vec<T>> {
    let dot = |row: &[T], column: &dyn Fn(usize) -> T| {
        row.iter().enumerate().fold(T::ZERO, |sum, (k, &a)| sum + a * column(k))
    };
    let columns = x.first().map_or(0, Vec::len);
    let down: Vec<Vec<T>> =
        m.iter().map(|row| (0..columns).map(|j| dot(row, &|k| x[k][j])).collect()).collect();
    down.iter().map(|line| m.iter().map(|row| dot(row, &|k| line[k])).collect()).collect()
}
