//! Changing images: at random for training, in a fixed way for use.
//!
//! An image is an array `[channels, height, width]` of numbers from 0 to 1. Every transform comes in two parts. A plain function
//! applies it with given parameters (`torchvision.transforms.functional`), and nothing about it is random: it can be compared
//! with another library, number by number. A type with a method `draw` chooses the parameters
//! (`torchvision.transforms`), and nothing about it touches a pixel: its distribution can be tested without images. Put
//! together, the type is a [`Transform`].
//!
//! Left out: other interpolations than nearest and bilinear, shearing and perspective, posterising, and what mixes two images
//! (chapter 12).

mod blur;
mod colour;
mod erase;
mod geometry;
mod resize;
mod rotate;
mod views;

use ch01_tensors::{Rng, Tensor, fail};

use crate::Statistics;

pub use blur::{RandomBlur, gaussian_blur, gaussian_kernel};
pub use colour::{
    ColourFactors, ColourJitter, RandomGrayscale, adjust_brightness, adjust_contrast, adjust_hue,
    adjust_saturation, grayscale, jitter,
};
pub use erase::{RandomErasing, erase};
pub use geometry::{
    CentreCrop, RandomCrop, RandomFlip, Window, centre_crop, crop, flip_horizontal, flip_vertical,
};
pub use resize::{RandomResizedCrop, Resize, resize, resized_crop};
pub use rotate::{Interpolation, RandomRotation, rotate};
pub use views::{Views, test_time, views};

// ANCHOR: transform
/// A way to change an image, with random parameters from `rng` if it has any.
pub trait Transform: Send + Sync {
    /// The changed image; `[channels, height, width]`, perhaps of another size.
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor;
}

/// One transform after the other (`torchvision.transforms.Compose`).
#[derive(Default)]
pub struct Chain(Vec<Box<dyn Transform>>);

impl Chain {
    /// A chain that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same chain, and then this transform.
    pub fn then(mut self, transform: impl Transform + 'static) -> Self {
        self.0.push(Box::new(transform));
        self
    }
}

impl Transform for Chain {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        self.0.iter().fold(image, |image, transform| transform.apply(image, rng))
    }
}
// ANCHOR_END: transform

/// A transform that is applied with probability `p` (`torchvision.transforms.RandomApply`).
pub struct Sometimes<T> {
    /// The probability.
    pub p: f64,
    /// What is applied, or not.
    pub transform: T,
}

impl<T: Transform> Transform for Sometimes<T> {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        if rng.uniform() < self.p { self.transform.apply(image, rng) } else { image }
    }
}

/// Every channel as `(x - mean) / std` (`torchvision.transforms.functional.normalize`).
///
/// # Panics
/// When there are not as many numbers as channels.
#[track_caller]
pub fn normalise(image: &Tensor, statistics: &Statistics) -> Tensor {
    let [channels, height, width] = dims("normalise", image);
    let counts = [statistics.mean.len(), statistics.std.len()];
    if counts != [channels; 2] {
        fail("normalise", format_args!("{counts:?} numbers for {channels} channels"));
    }
    let mut numbers = statistics.mean.iter().zip(&statistics.std);
    planes(image, [height, width], |plane, out| {
        let (mean, std) = numbers.next().expect("one for every channel");
        out.iter_mut().zip(plane).for_each(|(out, x)| *out = (x - mean) / std);
    })
}

/// As a step of a [`Chain`].
impl Transform for Statistics {
    fn apply(&self, image: Tensor, _: &mut Rng) -> Tensor {
        normalise(&image, self)
    }
}

/// Channels, height and width of an image that has at least one pixel.
#[track_caller]
fn dims(operation: &str, image: &Tensor) -> [usize; 3] {
    match image.shape()[..] {
        [channels, height, width] if channels * height * width > 0 => [channels, height, width],
        _ => {
            let shape = image.shape();
            fail(operation, format_args!("an image is [channels, height, width], not {shape:?}"))
        }
    }
}

/// An image of the same channels and of another size, plane by plane: `fill(plane, out)`.
fn planes(image: &Tensor, [height, width]: [usize; 2], mut fill: impl FnMut(&[f32], &mut [f32])) -> Tensor {
    let [channels, from_height, from_width] = dims("image", image);
    let source = image.clone().contiguous();
    let mut result = Tensor::scratch([channels, height, width]);
    let out = result.data_mut().chunks_mut((height * width).max(1));
    for (plane, out) in source.data().chunks(from_height * from_width).zip(out) {
        fill(plane, out);
    }
    result
}

/// A number drawn evenly from a range.
fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.uniform()
}
