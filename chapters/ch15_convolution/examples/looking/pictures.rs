//! Pixels to pictures, and heat over them.

use ch00_start::figure::Image;
use ch01_tensors::Tensor;
use datasets::cifar10::SIZE;

/// Pixels of a heated picture for each pixel of the image, along a side.
const FINER: usize = 2;

/// An image of CIFAR-10 as it is.
pub fn plain(caption: &str, pixels: &[u8]) -> Image {
    let values: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    Image::rgb(caption, SIZE, SIZE, &values)
}

/// Numbers from the smallest to the largest as 0 to 1.
pub fn stretched(values: &[f32]) -> Vec<f32> {
    let (low, high) =
        values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    let range = if high > low { high - low } else { 1.0 };
    values.iter().map(|x| (x - low) / range).collect()
}

/// The map's value at a place between its numbers: `down` and `across` from 0 to 1.
fn between(map: &Tensor, down: f32, across: f32) -> f32 {
    let axis = |part: f32, length: usize| {
        let place = (part * length as f32 - 0.5).clamp(0.0, (length - 1) as f32);
        let low = (place as usize).min(length.saturating_sub(2));
        (low, (low + 1).min(length - 1), place - low as f32)
    };
    let ((i, i2, a), (j, j2, b)) = (axis(down, map.dim(0)), axis(across, map.dim(1)));
    let row = |i: usize| map[[i, j]] * (1.0 - b) + map[[i, j2]] * b;
    row(i) * (1.0 - a) + row(i2) * a
}

/// The image in grey, and over it the map: the hotter, the more of its colour.
pub fn heated(caption: &str, pixels: &[u8], map: &Tensor) -> Image {
    let side = SIZE * FINER;
    let largest = map.max(.., false).item().max(f32::MIN_POSITIVE);
    let mut values = vec![0.0; 3 * side * side];
    for (i, j) in (0..side * side).map(|k| (k / side, k % side)) {
        let pixel = |c: usize| f32::from(pixels[(c * SIZE + i / FINER) * SIZE + j / FINER]) / 255.0;
        let gray = 0.3 * pixel(0) + 0.59 * pixel(1) + 0.11 * pixel(2);
        let [down, across] = [i, j].map(|place| (place as f32 + 0.5) / side as f32);
        let heat = between(map, down, across) / largest;
        // From the grey pixel to yellow over red.
        let color = [1.0, (2.0 * heat - 1.0).clamp(0.0, 1.0), 0.0];
        for (c, color) in color.into_iter().enumerate() {
            values[c * side * side + i * side + j] = gray * (1.0 - 0.65 * heat) + 0.65 * heat * color;
        }
    }
    Image::rgb(caption, side, side, &values)
}
