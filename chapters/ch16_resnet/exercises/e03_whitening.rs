//! Whitening: a first layer that is computed from the images instead of learned (Page 2019; Jordan 2024).
//!
//! Cut patches of `size x size` pixels out of many images; each is a vector of `d = channels * size * size` numbers.
//! Neighbouring pixels are nearly equal, so most of their variance lies in one direction, light or dark, and the rest,
//! which is where the edges are, is tiny. Gradient descent learns slowly about what is tiny.
//!
//! Let `C = mean p pᵀ` over all patches, and `C = V diag(λ) Vᵀ` with orthonormal columns `v_i`. Then `v_iᵀ p / sqrt(λ_i)`
//! has mean square `v_iᵀ C v_i / λ_i = 1`, and two of them have mean product `v_iᵀ C v_j / sqrt(λ_i λ_j) = 0`: all
//! directions have the same size, and none tells of another. `eps` keeps the smallest ones from being pure noise. Each
//! kernel is there with both signs, since the activation behind it lets only one side through.
//!
//! The mean is not taken away: normalised images have one near 0, and the layer has a bias.

use ch01_tensors::{Array, Tensor, fail};
use ch02_matmul::matmul;
use ch16_resnet::symmetric_eigen;

/// `C = mean p pᵀ`, `[d, d]`, over all patches `p` of `images`, `[batch, channels, h, w]`. Within a patch the order is that
/// of a kernel: channel, row, column.
///
/// # Panics
/// When the images have other axes, or are smaller than a patch.
#[track_caller]
pub fn patch_covariance(images: &Tensor, size: usize) -> Array<f64> {
    let &[batch, channels, height, width] = &images.shape()[..] else {
        fail("patch_covariance", format_args!("{:?} is not [batch, channels, h, w]", images.shape()))
    };
    if size == 0 || height < size || width < size || batch == 0 {
        fail("patch_covariance", format_args!("no patches of {size} x {size} in {:?}", images.shape()));
    }
    let (rows, columns) = (height - size + 1, width - size + 1);
    let d = channels * size * size;
    let mut sum = Array::<f64>::zeros([d, d]);
    // Yours: Add `P Pᵀ` of each image to `sum`, where column j of `P`, [d, rows * columns], is a patch.
    // Row (c, u, v) of P is channel c of the image without its first u rows and v columns:
    // `image.narrow(0, c, 1).narrow(1, u, rows).narrow(2, v, columns)`, of any shape; `Array::concat` joins such rows,
    // `to_f64` makes the sum exact enough, and `matmul(&a, &b)` multiplies. Then divide by the number of all patches.
    todo!()
}

/// Channel, row and column of each number of a patch, in order.
fn taps(channels: usize, size: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..channels * size * size).map(move |i| (i / (size * size), i / size % size, i % size))
}

/// Kernels `[2 d, channels, size, size]` whose outputs on such images are white: the eigenvectors over the roots of their
/// eigenvalues, the largest first, and then the same with the other sign.
///
/// # Panics
/// As [`patch_covariance`].
#[track_caller]
pub fn whitening_weight(images: &Tensor, size: usize, eps: f64) -> Tensor {
    let (values, vectors) = symmetric_eigen(&patch_covariance(images, size));
    kernels(&values, &vectors, eps).to_f32().reshape([2 * values.len(), images.dim(1), size, size])
}

/// The kernels as rows, `[2 d, d]`, from the eigenvalues and the eigenvectors, `[d, d]`, which are rows too.
fn kernels(values: &[f64], vectors: &Array<f64>, eps: f64) -> Array<f64> {
    let d = values.len();
    // Yours: Row i of `vectors` is the eigenvector of `values[i]`. Make [2 d, d]: row i is
    // v_i / sqrt(λ_i + eps), row d + i is minus that.
    todo!()
}
