//! Larger and smaller images, and crops of random size and shape (Szegedy et al. 2015).

use ch01_tensors::{Rng, Tensor, fail};

use super::{Transform, Window, between, crop, dims, planes};
use crate::resize_weights;

// ANCHOR: resize
/// The image in another `size`, `[height, width]`, bilinear (`torchvision.transforms.functional.resize`). Without
/// `antialias`, what becomes smaller loses pixels instead of averaging them.
///
/// # Panics
/// When the size has a 0.
#[track_caller]
pub fn resize(image: &Tensor, size: [usize; 2], antialias: bool) -> Tensor {
    let [_, from_height, from_width] = dims("resize", image);
    let [height, width] = size;
    if height * width == 0 {
        fail("resize", format_args!("to {size:?}"));
    }
    let columns = resize_weights(from_width, width, antialias);
    let rows = resize_weights(from_height, height, antialias);
    let mut narrow = vec![0.0; from_height * width];
    planes(image, size, |plane, out| {
        // First every row along its columns, then every new row from whole rows.
        for (row, narrow) in plane.chunks(from_width).zip(narrow.chunks_mut(width)) {
            for (out, (first, weights)) in narrow.iter_mut().zip(&columns) {
                *out = weights.iter().zip(&row[*first..]).map(|(weight, x)| weight * x).sum();
            }
        }
        for (out, (first, weights)) in out.chunks_mut(width).zip(&rows) {
            out.fill(0.0);
            for (weight, row) in weights.iter().zip(narrow[first * width..].chunks(width)) {
                out.iter_mut().zip(row).for_each(|(out, x)| *out += weight * x);
            }
        }
    })
}
// ANCHOR_END: resize

/// A part of the image in another size, with antialiasing (`resized_crop`).
#[track_caller]
pub fn resized_crop(image: &Tensor, window: Window, size: [usize; 2]) -> Tensor {
    resize(&crop(image, window), size, true)
}

/// [`resize`] with antialiasing as a step of a chain.
#[derive(Clone, Copy, Debug)]
pub struct Resize {
    /// Height and width.
    pub size: [usize; 2],
}

impl Transform for Resize {
    fn apply(&self, image: Tensor, _: &mut Rng) -> Tensor {
        resize(&image, self.size, true)
    }
}

/// A part of random area and shape, resized (`RandomResizedCrop`).
#[derive(Clone, Copy, Debug)]
pub struct RandomResizedCrop {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// From which to which share of the image's area; PyTorch: 0.08 to 1.
    pub scale: [f64; 2],
    /// From which to which ratio of width to height; PyTorch: 3/4 to 4/3.
    pub ratio: [f64; 2],
}

impl RandomResizedCrop {
    /// PyTorch's scale and ratio.
    pub fn new(size: [usize; 2]) -> Self {
        RandomResizedCrop { size, scale: [0.08, 1.0], ratio: [3.0 / 4.0, 4.0 / 3.0] }
    }

    // ANCHOR: draw_resized
    /// A window in an image of this height and width: its area is drawn evenly, the logarithm of its ratio too, so that
    /// 4:3 is as probable as 3:4. After ten windows that do not fit, the middle.
    pub fn draw(&self, [height, width]: [usize; 2], rng: &mut Rng) -> Window {
        let area = (height * width) as f64;
        for _ in 0..10 {
            let target = area * between(rng, self.scale[0], self.scale[1]);
            let ratio = between(rng, self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let w = (target * ratio).sqrt().round_ties_even() as usize;
            let h = (target / ratio).sqrt().round_ties_even() as usize;
            if (1..=width).contains(&w) && (1..=height).contains(&h) {
                let (top, left) = (rng.below(height - h + 1) as isize, rng.below(width - w + 1) as isize);
                return Window { top, left, height: h, width: w };
            }
        }
        let ratio = (width as f64 / height as f64).clamp(self.ratio[0], self.ratio[1]);
        let w = ((height as f64 * ratio).round_ties_even() as usize).clamp(1, width);
        let h = ((width as f64 / ratio).round_ties_even() as usize).clamp(1, height);
        let (top, left) = (((height - h) / 2) as isize, ((width - w) / 2) as isize);
        Window { top, left, height: h, width: w }
    }
    // ANCHOR_END: draw_resized
}

impl Transform for RandomResizedCrop {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        let [_, height, width] = dims("RandomResizedCrop", &image);
        resized_crop(&image, self.draw([height, width], rng), self.size)
    }
}
