//! Rotation about the middle.
//!
//! Every pixel of the result asks where it came from: with `(x, y)` measured from the middle, `y` downwards, a picture turned
//! counter-clockwise by `a` shows at `(x, y)` what was at `(x cos a - y sin a, x sin a + y cos a)`. That place lies between
//! pixels: the nearest is taken, or the four around are mixed. Going the other way, from old pixels to new places, would leave
//! holes.

use ch01_tensors::{Rng, Tensor};

use super::{Transform, between, dims, planes};

/// What is taken at a place between pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The pixel whose centre is nearest.
    #[default]
    Nearest,
    /// The four pixels around, each the more the nearer.
    Bilinear,
}

// ANCHOR: rotate
/// The image turned counter-clockwise by `degrees`, in its old size, black in the corners that come in
/// (`torchvision.transforms.functional.rotate`).
#[track_caller]
pub fn rotate(image: &Tensor, degrees: f64, interpolation: Interpolation) -> Tensor {
    let [_, height, width] = dims("rotate", image);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let [middle_y, middle_x] = [height, width].map(|length| (length as f64 - 1.0) / 2.0);
    planes(image, [height, width], |plane, out| {
        let pixel = |row: f64, column: f64| {
            let inside = row >= 0.0 && column >= 0.0 && row < height as f64 && column < width as f64;
            if inside { plane[row as usize * width + column as usize] } else { 0.0 }
        };
        for (i, out) in out.iter_mut().enumerate() {
            let (y, x) = ((i / width) as f64 - middle_y, (i % width) as f64 - middle_x);
            let (row, column) = (x * sin + y * cos + middle_y, x * cos - y * sin + middle_x);
            *out = match interpolation {
                Interpolation::Nearest => pixel(row.round_ties_even(), column.round_ties_even()),
                Interpolation::Bilinear => {
                    let (top, left) = (row.floor(), column.floor());
                    let (down, right) = ((row - top) as f32, (column - left) as f32);
                    let line = |row| pixel(row, left) * (1.0 - right) + pixel(row, left + 1.0) * right;
                    line(top) * (1.0 - down) + line(top + 1.0) * down
                }
            };
        }
    })
}
// ANCHOR_END: rotate

/// A rotation by an angle drawn evenly from `-degrees..=degrees` (`RandomRotation`).
#[derive(Clone, Copy, Debug)]
pub struct RandomRotation {
    /// The largest angle.
    pub degrees: f64,
    /// What is taken between pixels.
    pub interpolation: Interpolation,
}

impl RandomRotation {
    /// An angle in degrees.
    pub fn draw(&self, rng: &mut Rng) -> f64 {
        between(rng, -self.degrees, self.degrees)
    }
}

impl Transform for RandomRotation {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        rotate(&image, self.draw(rng), self.interpolation)
    }
}
