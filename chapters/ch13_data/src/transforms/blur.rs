//! Gaussian blur: every pixel becomes the mean of its neighbours, weighted by `exp(-d^2 / (2 sigma^2))` at distance `d`.
//!
//! The weight of a neighbour is one factor for its row times one for its column. So all rows are blurred, then all columns: `2 k`
//! multiplications per pixel instead of `k^2`. At the edge the image goes on as its own mirror image, the pixel at the edge
//! not repeated.

use ch01_tensors::{Rng, Tensor, fail};

use super::{Transform, between, dims, planes};

/// `size` weights that add up to 1; the middle one is the largest.
///
/// # Panics
/// When `size` is even or `sigma` not above 0.
#[track_caller]
pub fn gaussian_kernel(size: usize, sigma: f64) -> Vec<f32> {
    if size.is_multiple_of(2) || sigma.is_nan() || sigma <= 0.0 {
        fail("gaussian_kernel", format_args!("size {size} is not odd, or sigma {sigma} not above 0"));
    }
    let middle = (size / 2) as f64;
    let weights: Vec<f64> = (0..size).map(|i| (-0.5 * ((i as f64 - middle) / sigma).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

// ANCHOR: blur
/// The blurred image, of the same size (`torchvision.transforms.functional.gaussian_blur`).
///
/// # Panics
/// When the kernel is even, or reaches further than to the other edge.
#[track_caller]
pub fn gaussian_blur(image: &Tensor, size: usize, sigma: f64) -> Tensor {
    let [_, height, width] = dims("gaussian_blur", image);
    let (kernel, half) = (gaussian_kernel(size, sigma), (size / 2) as isize);
    if size / 2 >= height.min(width) {
        fail("gaussian_blur", format_args!("{size} pixels wide, on an image of [{height}, {width}]"));
    }
    // -1 is 1 again, and n is n - 2.
    let mirrored = |i: isize, n: usize| (n - 1) - ((n - 1) as isize - i.abs()).unsigned_abs();
    let mut rows = vec![0.0; height * width];
    planes(image, [height, width], |plane, out| {
        for (row, blurred) in plane.chunks(width).zip(rows.chunks_mut(width)) {
            for (x, blurred) in blurred.iter_mut().enumerate() {
                let at = |i: usize| row[mirrored(x as isize + i as isize - half, width)];
                *blurred = kernel.iter().enumerate().map(|(i, weight)| weight * at(i)).sum();
            }
        }
        for (y, out) in out.chunks_mut(width).enumerate() {
            out.fill(0.0);
            for (i, weight) in kernel.iter().enumerate() {
                let row = &rows[mirrored(y as isize + i as isize - half, height) * width..][..width];
                out.iter_mut().zip(row).for_each(|(out, x)| *out += weight * x);
            }
        }
    })
}
// ANCHOR_END: blur

/// A blur of random strength (`GaussianBlur`).
#[derive(Clone, Copy, Debug)]
pub struct RandomBlur {
    /// How many pixels wide; odd.
    pub size: usize,
    /// From which to which deviation, in pixels.
    pub sigma: [f64; 2],
}

impl RandomBlur {
    /// A deviation, drawn evenly.
    pub fn draw(&self, rng: &mut Rng) -> f64 {
        between(rng, self.sigma[0], self.sigma[1])
    }
}

impl Transform for RandomBlur {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        gaussian_blur(&image, self.size, self.draw(rng))
    }
}
