//! Which pixels of a row make up each pixel of the resized row, and with which weights (bilinear, `antialias=True` or not, as in
//! `torch.nn.functional.interpolate`).
//!
//! A row of `from` pixels becomes one of `to`. Pixel `i` has its centre at `i + 1/2`, so new pixel `i` looks at the place
//! `c = (i + 1/2) from / to` of the old row. Each old pixel `j` gets the weight of a triangle around it,
//! `max(0, 1 - |j + 1/2 - c| / width)`, and the weights are divided by their sum. With `width = 1` that is the straight line
//! between the two nearest pixels. When a row becomes shorter, they are only a few of the old pixels, and the others are
//! not seen at all: fine stripes become coarse ones (aliasing). With antialiasing `width` is then `from / to`, and every old
//! pixel counts.

// ANCHOR: resize_weights
/// For each of the `to` new pixels, the first old pixel with a weight, and the weights from there on.
///
/// # Panics
/// When one of the lengths is 0.
pub fn resize_weights(from: usize, to: usize, antialias: bool) -> Vec<(usize, Vec<f32>)> {
    assert!(from > 0 && to > 0, "resize_weights: from {from} pixels to {to}");
    // exercise: resize_weights - Centres of pixels are at i + 1/2. Weigh only pixels that exist, and divide by the sum of the
    // weights, so that a grey row stays as grey at its ends.
    let scale = from as f64 / to as f64;
    let width = if antialias { scale.max(1.0) } else { 1.0 };
    let weigh = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let weight = |j: usize| (1.0 - (j as f64 + 0.5 - centre).abs() / width).max(0.0);
        // Pixel j reaches from centre - width to centre + width if j + 1/2 does.
        let first = (centre - width).floor().max(0.0) as usize;
        let last = ((centre + width).ceil() as usize).min(from);
        let weights: Vec<f64> = (first..last).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        (first, weights.iter().map(|weight| (weight / sum) as f32).collect())
    };
    (0..to).map(weigh).collect()
    // exercise: end
}
// ANCHOR_END: resize_weights
