//! Moving pixels without changing them: crops and flips.

use ch01_tensors::{Rng, Tensor, fail};

use super::{Transform, dims, planes};

/// A rectangle that is seen of an image; it may reach beyond its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first row.
    pub top: isize,
    /// The first column.
    pub left: isize,
    /// How many rows.
    pub height: usize,
    /// How many columns.
    pub width: usize,
}

/// What the window shows; black outside the image (`torchvision.transforms.functional.crop`).
///
/// # Panics
/// When the window is empty.
#[track_caller]
pub fn crop(image: &Tensor, window: Window) -> Tensor {
    let [_, height, width] = dims("crop", image);
    let Window { top, left, height: rows, width: columns } = window;
    if rows * columns == 0 {
        fail("crop", format_args!("the window {window:?} is empty"));
    }
    // Columns [from, to) of the window lie inside the image.
    let from = (-left).clamp(0, columns as isize) as usize;
    let to = (width as isize - left).clamp(0, columns as isize) as usize;
    planes(image, [rows, columns], |plane, out| {
        out.fill(0.0);
        for (y, out) in out.chunks_mut(columns).enumerate() {
            let row = y as isize + top;
            if (0..height as isize).contains(&row) && from < to {
                let start = row as usize * width + (from as isize + left) as usize;
                out[from..to].copy_from_slice(&plane[start..start + to - from]);
            }
        }
    })
}

/// Left and right exchanged (`hflip`).
#[track_caller]
pub fn flip_horizontal(image: &Tensor) -> Tensor {
    let [_, height, width] = dims("flip_horizontal", image);
    planes(image, [height, width], |plane, out| {
        for (row, out) in plane.chunks(width).zip(out.chunks_mut(width)) {
            out.iter_mut().zip(row.iter().rev()).for_each(|(out, x)| *out = *x);
        }
    })
}

/// Top and bottom exchanged (`vflip`).
#[track_caller]
pub fn flip_vertical(image: &Tensor) -> Tensor {
    let [_, height, width] = dims("flip_vertical", image);
    planes(image, [height, width], |plane, out| {
        plane.chunks(width).zip(out.rchunks_mut(width)).for_each(|(row, out)| out.copy_from_slice(row));
    })
}

/// The middle of an image, `size` is `[height, width]`; with black around it where the image is smaller (`center_crop`).
/// Where the middle lies between two pixels, the even one is taken, as in Python's `round`.
#[track_caller]
pub fn centre_crop(image: &Tensor, size: [usize; 2]) -> Tensor {
    let [_, height, width] = dims("centre_crop", image);
    let start = |have: usize, want: usize| match have.checked_sub(want) {
        Some(rest) => (rest as f64 / 2.0).round_ties_even() as isize,
        None => -(((want - have) / 2) as isize),
    };
    let (top, left) = (start(height, size[0]), start(width, size[1]));
    crop(image, Window { top, left, height: size[0], width: size[1] })
}

/// [`centre_crop`] as a step of a chain: nothing is random.
#[derive(Clone, Copy, Debug)]
pub struct CentreCrop {
    /// Height and width.
    pub size: [usize; 2],
}

impl Transform for CentreCrop {
    fn apply(&self, image: Tensor, _: &mut Rng) -> Tensor {
        centre_crop(&image, self.size)
    }
}

/// A window of a fixed size at a random place of the image with a black border (`RandomCrop`).
#[derive(Clone, Copy, Debug)]
pub struct RandomCrop {
    /// Height and width of the window.
    pub size: [usize; 2],
    /// The border, on every side.
    pub padding: usize,
}

impl RandomCrop {
    /// A window on an image of this height and width; every place is equally probable.
    ///
    /// # Panics
    /// When the window is larger than the image with its border.
    #[track_caller]
    pub fn draw(&self, image: [usize; 2], rng: &mut Rng) -> Window {
        let mut start = |axis: usize| {
            let room = image[axis] + 2 * self.padding;
            match room.checked_sub(self.size[axis]) {
                Some(rest) => rng.below(rest + 1) as isize - self.padding as isize,
                None => {
                    fail("RandomCrop", format_args!("{:?} of an image of {image:?} with {self:?}", self.size))
                }
            }
        };
        let (top, left) = (start(0), start(1));
        Window { top, left, height: self.size[0], width: self.size[1] }
    }
}

impl Transform for RandomCrop {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        let [_, height, width] = dims("RandomCrop", &image);
        crop(&image, self.draw([height, width], rng))
    }
}

/// Mirrors left and right, or top and bottom, at random (`RandomHorizontalFlip`, `RandomVerticalFlip`).
#[derive(Clone, Copy, Debug)]
pub struct RandomFlip {
    /// The probability.
    pub p: f64,
    /// Top and bottom instead of left and right.
    pub vertical: bool,
}

impl RandomFlip {
    /// Whether an image is mirrored.
    pub fn draw(&self, rng: &mut Rng) -> bool {
        rng.uniform() < self.p
    }
}

impl Transform for RandomFlip {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        match (self.draw(rng), self.vertical) {
            (false, _) => image,
            (true, false) => flip_horizontal(&image),
            (true, true) => flip_vertical(&image),
        }
    }
}
