//! Patches as columns: what turns a convolution into a product of matrices (Chellapilla, Puri and Simard 2006).
//!
//! For one image `[channels, h, w]` the matrix of patches has a row for each tap `(c, u, v)` of the kernel and a column for
//! each position `(i, j)` of the window: `columns[(c, u, v), (i, j)] = x[c, i s + u - p, j s + v - p]`, 0 in the padding. Then
//! `y = W columns` with the weights as `[out, channels kh kw]`, and `torch.nn.functional.unfold` and `fold` are these two.
//!
//! A number of the image stands in up to `kh kw` places of the matrix. So its gradient is the sum over those places:
//! `col2im` is the transpose of `im2col`.

use ch01_tensors::Float;
use ch15_convolution::Window;

/// Writes the patches of `image`, `[channels, h, w]`, as `[channels kh kw, oh ow]`.
///
/// # Panics
/// When a slice has another length.
#[track_caller]
pub fn im2col<T: Float>(image: &[T], channels: usize, window: &Window, columns: &mut [T]) {
    check_lengths(image, channels, window, columns);
    let [height, width] = window.output();
    for (tap, row) in columns.chunks_mut(height * width).enumerate() {
        let (c, u, v) = split(tap, window.kernel);
        let plane = &image[c * window.input[0] * window.input[1]..];
        // Yours: Fill `row`: its element i * width + j is what tap (u, v) sees of `plane` at position (i, j), or 0
        // in the padding. `window.source(0, i, u)` and `window.source(1, j, v)` say where that is.
        todo!()
    }
}

/// The transpose: adds every element of `columns`, `[channels kh kw, oh ow]`, to the place in `image` that `im2col` takes
/// it from.
///
/// # Panics
/// When a slice has another length.
#[track_caller]
pub fn col2im<T: Float>(columns: &[T], channels: usize, window: &Window, image: &mut [T]) {
    check_lengths(image, channels, window, columns);
    let [height, width] = window.output();
    for (tap, row) in columns.chunks(height * width).enumerate() {
        let (c, u, v) = split(tap, window.kernel);
        let plane = &mut image[c * window.input[0] * window.input[1]..];
        // Yours: The same walk the other way: add element i * width + j of `row` to the place in `plane` that it
        // came from. What came from the padding is dropped.
        todo!()
    }
}

/// Tap number `tap` as channel, row and column of the kernel.
fn split(tap: usize, [height, width]: [usize; 2]) -> (usize, usize, usize) {
    (tap / (height * width), tap / width % height, tap % width)
}

#[track_caller]
fn check_lengths<T>(image: &[T], channels: usize, window: &Window, columns: &[T]) {
    let product = |sides: [usize; 2]| sides[0] * sides[1];
    let taps = channels * product(window.kernel);
    assert_eq!(image.len(), channels * product(window.input), "im2col: the image has another length");
    assert_eq!(columns.len(), taps * product(window.output()), "im2col: the columns have another length");
}
