//! Generated images of ten shapes in the form of CIFAR-10, for a machine without the files.
//!
//! One image:
//!
//! 1. background: a gradient between two random colours, with soft patches on it;
//! 2. clutter: thin lines, dots and scraps of random colours;
//! 3. the shape: any colour that stands out, any place, a radius of 8 to 12 pixels, turned by up to 25 degrees
//!    either way and squeezed;
//! 4. sometimes a line or a dot in front of it;
//! 5. noise on every pixel.
//!
//! A shape may be lighter or darker than what is behind it and lie anywhere, so that no single pixel says anything
//! about the class: a linear model learns next to nothing, while a small convolutional network reads most of them.
//! An image depends on the seed, its part and its number alone, and its bytes are the same on every platform.
//!
//! These are not photographs: a network that reads these well has learned outlines, not what a cat may look like.

use crate::cifar10::{CLASSES, Cifar10, Images, PIXELS, SIZE};
use crate::stream::Stream;

/// The classes by number.
pub const CLASS_NAMES: [&str; CLASSES] =
    ["disc", "ring", "square", "triangle", "star", "cross", "heart", "moon", "arrow", "hourglass"];

type Colour = [f64; 3];
type Point = [f64; 2];

/// Makes `train` and `test` images. All ten classes are equally likely.
pub fn generate(seed: u64, train: usize, test: usize) -> Cifar10 {
    Cifar10 { train: part(seed, 0, train), test: part(seed, 1, test), class_names: CLASS_NAMES }
}

fn part(seed: u64, part: u64, count: usize) -> Images {
    let mut images = Images { pixels: Vec::with_capacity(count * PIXELS), labels: Vec::with_capacity(count) };
    for index in 0..count as u64 {
        let mut random = Stream::new(seed, "shapes", 2 * index + part);
        let class = random.below(CLASSES);
        let canvas = paint(&mut random, class);
        for channel in 0..3 {
            // `as` cuts to 0..=255.
            images.pixels.extend(canvas.pixels.iter().map(|pixel| pixel[channel] as u8));
        }
        images.labels.push(class as u8);
    }
    images
}

/// One image of a class.
fn paint(random: &mut Stream, class: usize) -> Canvas {
    let (mut canvas, behind) = Canvas::background(random);
    for _ in 0..2 + random.below(4) {
        canvas.clutter(random, 1.0);
    }
    let colour = standing_out(random, behind);
    let place = Place::random(random);
    // Light falls from one side.
    let shade = [random.bell(14.0), random.bell(14.0)];
    canvas.fill(place.centre, place.reach, 1.0, |point| {
        let [u, v] = place.unit(point);
        let light = shade[0] * u + shade[1] * v;
        is_inside(class, u, v).then(|| colour.map(|value| value + light))
    });
    for _ in 0..random.below(2) {
        canvas.clutter(random, 0.9);
    }
    let noise = random.between(4.0, 14.0);
    for value in canvas.pixels.iter_mut().flatten() {
        *value += random.grain(noise);
    }
    canvas
}

fn any_colour(random: &mut Stream) -> Colour {
    [0; 3].map(|_| random.between(10.0, 245.0))
}

/// A colour that differs from the background by 220 at least, summed over red, green and blue.
fn standing_out(random: &mut Stream, behind: Colour) -> Colour {
    loop {
        let colour = any_colour(random);
        if colour.iter().zip(behind).map(|(a, b)| (a - b).abs()).sum::<f64>() >= 220.0 {
            return colour;
        }
    }
}

/// Red, green and blue of every pixel, row by row.
struct Canvas {
    pixels: Vec<Colour>,
}

impl Canvas {
    /// Gradient and patches; also the colour in the middle.
    fn background(random: &mut Stream) -> (Canvas, Colour) {
        let middle = any_colour(random);
        let across = [0; 3].map(|_| random.bell(20.0));
        let down = [0; 3].map(|_| random.bell(20.0));
        // Patches: a 5 x 5 grid of brightness, and of a second colour, interpolated between its points.
        let grid: Vec<[f64; 2]> = (0..25).map(|_| [random.bell(10.0), random.bell(10.0)]).collect();
        let tint = [0; 3].map(|_| random.between(-1.0, 1.0));
        let step = 4.0 / (SIZE - 1) as f64;
        let mut pixels = Vec::with_capacity(SIZE * SIZE);
        for row in 0..SIZE {
            for col in 0..SIZE {
                let (x, y) = (col as f64 * step, row as f64 * step);
                let (i, j) = ((x as usize).min(3), (y as usize).min(3));
                let (fx, fy) = (x - i as f64, y - j as f64);
                let patch = [0, 1].map(|k| {
                    let at = |i: usize, j: usize| grid[j * 5 + i][k];
                    let upper = at(i, j) + fx * (at(i + 1, j) - at(i, j));
                    let lower = at(i, j + 1) + fx * (at(i + 1, j + 1) - at(i, j + 1));
                    upper + fy * (lower - upper)
                });
                let (u, v) = (x / 2.0 - 1.0, y / 2.0 - 1.0);
                pixels.push(
                    [0, 1, 2]
                        .map(|c| middle[c] + across[c] * u + down[c] * v + patch[0] + patch[1] * tint[c]),
                );
            }
        }
        (Canvas { pixels }, middle)
    }

    /// Mixes a colour into the pixels within `reach` of `centre`, as far as they are covered: each has 2 x 2 samples.
    fn fill(&mut self, centre: Point, reach: f64, opacity: f64, inside: impl Fn(Point) -> Option<Colour>) {
        let range = |k: usize| {
            let low = (centre[k] - reach).floor().clamp(0.0, SIZE as f64) as usize;
            let high = (centre[k] + reach).ceil().clamp(0.0, SIZE as f64) as usize;
            low..high
        };
        for row in range(1) {
            for col in range(0) {
                let pixel = &mut self.pixels[row * SIZE + col];
                let before = *pixel;
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    if let Some(colour) = inside([col as f64 + dx, row as f64 + dy]) {
                        for channel in 0..3 {
                            pixel[channel] += 0.25 * opacity * (colour[channel] - before[channel]);
                        }
                    }
                }
            }
        }
    }

    /// A thin line, a dot or a scrap somewhere.
    fn clutter(&mut self, random: &mut Stream, opacity: f64) {
        let colour = any_colour(random);
        let centre = [random.between(0.0, SIZE as f64), random.between(0.0, SIZE as f64)];
        let kind = random.below(3);
        let [a, b] = [random.between(0.6, 1.4), random.between(0.6, 1.4)];
        let long = random.between(2.5, 8.0);
        let (cos, sin) = direction(random.between(-1.0, 1.0));
        let reach = if kind == 0 { long + 1.0 } else { 4.0 };
        self.fill(centre, reach, opacity, |[x, y]| {
            let (x, y) = (x - centre[0], y - centre[1]);
            let (along, off) = (cos * x + sin * y, cos * y - sin * x);
            let covered = match kind {
                0 => along.abs() < long && off.abs() < 0.6 * a,
                1 => along * along + off * off < 2.5 * a * b,
                _ => along.abs() < 2.0 * a && off.abs() < 1.5 * b && along + off < 1.5,
            };
            covered.then_some(colour)
        });
    }
}

/// Cosine and sine of an angle from the tangent t of its half: (1 - t^2) / (1 + t^2) and 2 t / (1 + t^2).
fn direction(t: f64) -> (f64, f64) {
    ((1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t))
}

/// Where a shape lies: u = A (p - centre), and the shape fits into the circle |u| = 1.
struct Place {
    centre: Point,
    a: [[f64; 2]; 2],
    /// No point of the shape is farther from the centre.
    reach: f64,
}

impl Place {
    fn random(random: &mut Stream) -> Place {
        let radius = random.between(8.0, 12.0);
        let room = SIZE as f64 / 2.0 - 0.85 * radius;
        let middle = SIZE as f64 / 2.0;
        let centre = [middle + random.between(-room, room), middle + random.between(-room, room)];
        // tan(25 degrees / 2) = 0.222.
        let (cos, sin) = direction(random.between(-0.222, 0.222));
        let width = random.between(0.8, 1.0) * radius;
        let height = random.between(0.8, 1.0) * radius;
        let a = [[cos / width, sin / width], [-sin / height, cos / height]];
        Place { centre, a, reach: radius + 1.0 }
    }

    fn unit(&self, [x, y]: Point) -> Point {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        [self.a[0][0] * x + self.a[0][1] * y, self.a[1][0] * x + self.a[1][1] * y]
    }
}

/// Whether (u, v), with v downwards, lies in the shape of a class, which fits into the unit circle.
fn is_inside(class: usize, u: f64, v: f64) -> bool {
    let square = u * u + v * v;
    if square > 1.0 {
        return false;
    }
    match class {
        0 => square < 0.85,
        1 => square > 0.36,
        2 => u.abs() < 0.7 && v.abs() < 0.7,
        3 => is_in_polygon(&[[0.0, -1.0], [0.87, 0.5], [-0.87, 0.5]], u, v),
        4 => is_in_polygon(&STAR, u, v),
        5 => (u.abs() < 0.28 || v.abs() < 0.28) && u.abs().max(v.abs()) < 0.95,
        6 => {
            // Two discs and what lies below them.
            let (off, below) = (u.abs() - 0.42, v + 0.3);
            off * off + below * below < 0.2025 || is_in_polygon(&HEART, u, v)
        }
        7 => (u - 0.45) * (u - 0.45) + v * v > 0.55,
        8 => is_in_polygon(&ARROW, u, v),
        _ => v.abs() < 0.8 && u.abs() < 0.1 + 0.62 * v.abs(),
    }
}

/// Whether a ray to the right crosses the outline an odd number of times.
fn is_in_polygon(corners: &[Point], u: f64, v: f64) -> bool {
    let mut inside = false;
    let mut before = corners[corners.len() - 1];
    for &corner in corners {
        let ([x0, y0], [x1, y1]) = (before, corner);
        if (y0 > v) != (y1 > v) && u < x0 + (v - y0) / (y1 - y0) * (x1 - x0) {
            inside = !inside;
        }
        before = corner;
    }
    inside
}

/// Five points, at 72 degrees from one another.
const STAR: [Point; 10] = [
    [0.0, -1.0],
    [0.247, -0.34],
    [0.951, -0.309],
    [0.399, 0.13],
    [0.588, 0.809],
    [0.0, 0.42],
    [-0.588, 0.809],
    [-0.399, 0.13],
    [-0.951, -0.309],
    [-0.247, -0.34],
];

/// Without its lobes.
const HEART: [Point; 4] = [[0.0, -0.42], [0.84, -0.14], [0.0, 0.97], [-0.84, -0.14]];

/// It points upwards.
const ARROW: [Point; 7] =
    [[0.0, -1.0], [0.75, -0.15], [0.27, -0.15], [0.27, 0.95], [-0.27, 0.95], [-0.27, -0.15], [-0.75, -0.15]];
