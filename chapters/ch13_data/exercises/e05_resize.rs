//! Which pixels of a row make up each pixel of the resized row, and with which weights (bilinear, `antialias=True` or not, as in
//! `torch.nn.functional.interpolate`).
//!
//! A row of `from` pixels becomes one of `to`. Pixel `i` has its centre at `i + 1/2`, so new pixel `i` looks at the place
//! `c = (i + 1/2) from / to` of the old row. Each old pixel `j` gets the weight of a triangle around it,
//! `max(0, 1 - |j + 1/2 - c| / width)`, and the weights are divided by their sum. With `width = 1` that is the straight line
//! between the two nearest pixels. When a row becomes shorter, they are only a few of the old pixels, and the others are
//! not seen at all: fine stripes become coarse ones (aliasing). With antialiasing `width` is then `from / to`, and every old
//! pixel counts.

/// For each of the `to` new pixels, the first old pixel with a weight, and the weights from there on.
///
/// # Panics
/// When one of the lengths is 0.
pub fn resize_weights(from: usize, to: usize, antialias: bool) -> Vec<(usize, Vec<f32>)> {
    assert!(from > 0 && to > 0, "resize_weights: from {from} pixels to {to}");
    // Yours: Centres of pixels are at i + 1/2. Weigh only pixels that exist, and divide by the sum of the
    // weights, so that a grey row stays as grey at its ends.
    todo!()
}
