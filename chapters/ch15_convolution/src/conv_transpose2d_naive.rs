//! Transposed convolution by its own definition: every number of the small map stamps its multiple of the kernel onto the large
//! one. The oracle of [`conv_transpose2d`](ch15_convolution::conv_transpose2d), which computes the same as a gradient.

use ch01_tensors::Array;
use ch01_tensors::Float;

// ANCHOR: naive
/// The transposed convolution of `x`, `[batch, in, h, w]`, with `weight`, `[in, out, kh, kw]`, without padding, dilation and
/// groups: `[batch, out, (h - 1) stride + kh, (w - 1) stride + kw]`.
pub fn conv_transpose2d_naive<T: Float>(x: &Array<T>, weight: &Array<T>, stride: usize) -> Array<T> {
    let [batch, inputs, height, width] = [0, 1, 2, 3].map(|axis| x.dim(axis));
    let [outputs, rows, cols] = [1, 2, 3].map(|axis| weight.dim(axis));
    // exercise: stamp - For each image n and place (i, j) of the small map, add for each pair of channels c and o the kernel times
    // x[[n, c, i, j]] to y, with the kernel's upper left corner at (i stride, j stride). Stamps may overlap. How large is y? Return it.
    let mut y = Array::zeros([batch, outputs, (height - 1) * stride + rows, (width - 1) * stride + cols]);
    for (n, c, o) in walk([batch, inputs, outputs]) {
        for (i, j, _) in walk([height, width, 1]) {
            for (u, v, _) in walk([rows, cols, 1]) {
                y[[n, o, i * stride + u, j * stride + v]] += weight[[c, o, u, v]] * x[[n, c, i, j]];
            }
        }
    }
    y
    // exercise: end
}
// ANCHOR_END: naive

/// All triples below the three ends, the last number fastest.
fn walk([a, b, c]: [usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a * b * c).map(move |i| (i / (b * c), i / c % b, i % c))
}
