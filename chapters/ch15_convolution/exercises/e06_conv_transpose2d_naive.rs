//! Transposed convolution by its own definition: every number of the small map stamps its multiple of the kernel onto the large
//! one. The oracle of [`conv_transpose2d`](ch15_convolution::conv_transpose2d), which computes the same as a gradient.

use ch01_tensors::Array;
use ch01_tensors::Float;

/// The transposed convolution of `x`, `[batch, in, h, w]`, with `weight`, `[in, out, kh, kw]`, without padding, dilation and
/// groups: `[batch, out, (h - 1) stride + kh, (w - 1) stride + kw]`.
pub fn conv_transpose2d_naive<T: Float>(x: &Array<T>, weight: &Array<T>, stride: usize) -> Array<T> {
    let [batch, inputs, height, width] = [0, 1, 2, 3].map(|axis| x.dim(axis));
    let [outputs, rows, cols] = [1, 2, 3].map(|axis| weight.dim(axis));
    // Yours: For each image n and place (i, j) of the small map, add for each pair of channels c and o the kernel times
    // x[[n, c, i, j]] to y, with the kernel's upper left corner at (i stride, j stride). Stamps may overlap. How large is y? Return it.
    todo!()
}

/// All triples below the three ends, the last number fastest.
fn walk([a, b, c]: [usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a * b * c).map(move |i| (i / (b * c), i / c % b, i % c))
}
