//! Erasing a rectangle (Zhong et al. 2020): a network that may miss any part does not rely on one.

use ch01_tensors::{Rng, Tensor, fail};

use super::{Transform, Window, between, dims};

/// The image with a rectangle in one colour, one number per channel (`torchvision.transforms.functional.erase`).
///
/// # Panics
/// When the rectangle reaches beyond the image, or there are not as many numbers as channels.
#[track_caller]
pub fn erase(image: &Tensor, window: Window, colour: &[f32]) -> Tensor {
    let [channels, height, width] = dims("erase", image);
    let Window { top, left, height: rows, width: columns } = window;
    let fits = |start: isize, length: usize, all: usize| start >= 0 && start as usize + length <= all;
    if !fits(top, rows, height) || !fits(left, columns, width) {
        fail("erase", format_args!("{window:?} is not inside an image of [{height}, {width}]"));
    }
    if colour.len() != channels {
        fail("erase", format_args!("{} numbers for {channels} channels", colour.len()));
    }
    let mut result = image.copy();
    for (plane, &value) in result.data_mut().chunks_mut(height * width).zip(colour) {
        for row in plane.chunks_mut(width).skip(top as usize).take(rows) {
            row[left as usize..][..columns].fill(value);
        }
    }
    result
}

/// Erases a random rectangle with probability `p` (`RandomErasing`).
#[derive(Clone, Debug)]
pub struct RandomErasing {
    /// The probability.
    pub p: f64,
    /// From which to which share of the image's area; PyTorch: 0.02 to 0.33.
    pub scale: [f64; 2],
    /// From which to which ratio of height to width; PyTorch: 0.3 to 3.3.
    pub ratio: [f64; 2],
    /// What is put there, per channel. PyTorch erases after normalising, with 0: that is the mean here.
    pub colour: Vec<f32>,
}

impl RandomErasing {
    /// PyTorch's probability, scale and ratio.
    pub fn new(colour: Vec<f32>) -> Self {
        RandomErasing { p: 0.5, scale: [0.02, 0.33], ratio: [0.3, 3.3], colour }
    }

    /// A rectangle in an image of this height and width, or none: with probability `1 - p`, and when ten rectangles were too
    /// large.
    pub fn draw(&self, [height, width]: [usize; 2], rng: &mut Rng) -> Option<Window> {
        if rng.uniform() >= self.p {
            return None;
        }
        for _ in 0..10 {
            let area = (height * width) as f64 * between(rng, self.scale[0], self.scale[1]);
            let ratio = between(rng, self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let h = (area * ratio).sqrt().round_ties_even() as usize;
            let w = (area / ratio).sqrt().round_ties_even() as usize;
            if h < height && w < width {
                let (top, left) = (rng.below(height - h + 1) as isize, rng.below(width - w + 1) as isize);
                return Some(Window { top, left, height: h, width: w });
            }
        }
        None
    }
}

impl Transform for RandomErasing {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        let [_, height, width] = dims("RandomErasing", &image);
        match self.draw([height, width], rng) {
            Some(window) => erase(&image, window, &self.colour),
            None => image,
        }
    }
}
