//! Generated digits in the shape of MNIST, for a machine without the files.
//!
//! Each digit has a few ways of being written. A way is a list of strokes, a stroke a few points in a unit box
//! (x to the right, y down) joined by a smooth curve. To write one image:
//!
//! 1. bend the box by a random polynomial map, so that no two threes have quite the same arcs;
//! 2. turn, slant, stretch and shift it: p -> A p + b;
//! 3. ink every pixel by its distance d from the curve, `clamp(0.5 + (width / 2 - d) / softness, 0, 1)`;
//! 4. add a little noise and round to bytes.
//!
//! An image depends on the seed, its part and its number alone, so asking for more images changes none. Only
//! `+ - * /` and the square root are used, which IEEE 754 rounds the same way everywhere: the same bytes on every
//! platform. That is why the rotation is written with t = tan(angle / 2) instead of sine and cosine.
//!
//! These are not handwriting. They are easier than MNIST in some ways (there are only a few ways of writing each
//! digit) and harder in others (they are not centred); a network that reads these well reads MNIST worse.

use crate::mnist::{CLASSES, Images, Mnist, SIZE};
use crate::stream::Stream;

type Point = [f64; 2];

/// Makes `train` and `test` images. All ten digits are equally likely.
pub fn generate(seed: u64, train: usize, test: usize) -> Mnist {
    Mnist { train: part(seed, 0, train), test: part(seed, 1, test) }
}

fn part(seed: u64, part: u64, count: usize) -> Images {
    let mut pixels = Vec::with_capacity(count * SIZE * SIZE);
    let mut labels = Vec::with_capacity(count);
    for index in 0..count as u64 {
        let mut hand = Stream::new(seed, "digits", 2 * index + part);
        let label = hand.below(CLASSES);
        pixels.extend_from_slice(&write(&mut hand, label));
        labels.push(label as u8);
    }
    Images { pixels, labels, rows: SIZE, cols: SIZE }
}

/// Straight pieces that stand for the curve between two points.
const PIECES: usize = 5;

/// One image of `digit`: [SIZE, SIZE].
fn write(hand: &mut Stream, digit: usize) -> [u8; SIZE * SIZE] {
    let ways = WAYS[digit];
    let way = ways[hand.below(ways.len())];
    let bend = Bend::random(hand);
    let place = Place::random(hand);
    let width = hand.between(1.5, 3.4);
    let softness = hand.between(1.0, 1.7);

    let mut ink = [0.0f64; SIZE * SIZE];
    for stroke in way {
        let points: Vec<Point> = stroke
            .iter()
            .map(|&point| {
                let [x, y] = bend.apply(point);
                [x + hand.bell(0.018), y + hand.bell(0.018)]
            })
            .collect();
        let curve: Vec<Point> = smooth(&points).into_iter().map(|point| place.apply(point)).collect();
        // The pen presses harder at one end.
        let pressure = [width * hand.between(0.8, 1.2), width * hand.between(0.8, 1.2)];
        let steps = curve.len() - 1;
        for (i, ends) in curve.windows(2).enumerate() {
            let along = i as f64 / steps as f64;
            let width = pressure[0] + (pressure[1] - pressure[0]) * along;
            draw(&mut ink, [ends[0], ends[1]], width, softness);
        }
    }

    let darkness = hand.between(0.8, 1.0);
    ink.map(|ink| {
        let grey = 255.0 * darkness * ink + hand.bell(7.0);
        // `as` cuts to 0..=255, which makes most of the paper exactly 0.
        (grey - 5.0) as u8
    })
}

/// p -> p + a polynomial of degree three in p, small inside the unit box.
struct Bend {
    /// For x and for y, the weights of the polynomial's terms.
    weights: [[f64; 7]; 2],
}

impl Bend {
    fn random(hand: &mut Stream) -> Bend {
        // Linear terms are left to `Place`.
        let spreads = [0.075, 0.075, 0.075, 0.06, 0.06, 0.06, 0.06];
        Bend { weights: [0, 1].map(|_| spreads.map(|spread| hand.bell(spread))) }
    }

    fn apply(&self, [x, y]: Point) -> Point {
        let (u, v) = (2.0 * x - 1.0, 2.0 * y - 1.0);
        let terms = [u * u, u * v, v * v, u * u * u, u * u * v, u * v * v, v * v * v];
        let push =
            |weights: &[f64; 7]| weights.iter().zip(terms).map(|(weight, term)| weight * term).sum::<f64>();
        [x + push(&self.weights[0]), y + push(&self.weights[1])]
    }
}

/// From the unit box to pixels: p -> A (p - centre) + b.
struct Place {
    a: [[f64; 2]; 2],
    b: Point,
}

impl Place {
    fn random(hand: &mut Stream) -> Place {
        // With t = tan(angle / 2): cos = (1 - t^2) / (1 + t^2) and sin = 2 t / (1 + t^2).
        let t = hand.bell(0.065);
        let (cos, sin) = ((1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t));
        // Handwriting leans to the right: x grows as y falls.
        let slant = hand.bell(0.17) - 0.1;
        let height = hand.between(15.5, 20.5);
        let width = height * hand.between(0.52, 0.84);
        let a = [[cos * width, (cos * slant - sin) * height], [sin * width, (sin * slant + cos) * height]];
        let middle = (SIZE - 1) as f64 / 2.0;
        Place { a, b: [middle + hand.bell(1.1), middle + hand.bell(1.1)] }
    }

    fn apply(&self, [x, y]: Point) -> Point {
        let (u, v) = (x - 0.5, y - 0.5);
        [self.a[0][0] * u + self.a[0][1] * v + self.b[0], self.a[1][0] * u + self.a[1][1] * v + self.b[1]]
    }
}

/// A Catmull-Rom curve through the points, as a line of straight pieces; two points give a straight stroke.
fn smooth(points: &[Point]) -> Vec<Point> {
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut line = vec![points[0]];
    for i in 0..points.len() as isize - 1 {
        let [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
        for piece in 1..=PIECES {
            let t = piece as f64 / PIECES as f64;
            line.push([0, 1].map(|k| {
                let slope = p2[k] - p0[k];
                let quadratic = 2.0 * p0[k] - 5.0 * p1[k] + 4.0 * p2[k] - p3[k];
                let cubic = 3.0 * p1[k] - p0[k] - 3.0 * p2[k] + p3[k];
                p1[k] + 0.5 * t * (slope + t * (quadratic + t * cubic))
            }));
        }
    }
    line
}

/// Inks the pixels near the straight piece between two points; ink on ink stays ink.
fn draw(ink: &mut [f64; SIZE * SIZE], [from, to]: [Point; 2], width: f64, softness: f64) {
    let reach = (width + softness) / 2.0;
    let range = |k: usize| {
        let low = (from[k].min(to[k]) - reach).floor().max(0.0) as usize;
        let high = (from[k].max(to[k]) + reach).ceil().min((SIZE - 1) as f64);
        // A negative end means that the piece lies outside: an empty range.
        low..if high < 0.0 { low } else { high as usize + 1 }
    };
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    for row in range(1) {
        for col in range(0) {
            let off = [col as f64 - from[0], row as f64 - from[1]];
            // The nearest point of the piece lies at the fraction t of its length.
            let t = if length > 0.0 { (off[0] * along[0] + off[1] * along[1]) / length } else { 0.0 };
            let t = t.clamp(0.0, 1.0);
            let (dx, dy) = (off[0] - t * along[0], off[1] - t * along[1]);
            let distance = (dx * dx + dy * dy).sqrt();
            let cover = (0.5 + (width / 2.0 - distance) / softness).clamp(0.0, 1.0);
            let pixel = &mut ink[row * SIZE + col];
            *pixel = pixel.max(cover);
        }
    }
}

type Way = &'static [&'static [Point]];

/// For each digit the ways of writing it; where two strokes meet they share a point.
#[rustfmt::skip]
const WAYS: [&[Way]; CLASSES] = [
    &[
        &[&[[0.52, 0.0], [0.2, 0.17], [0.08, 0.5], [0.2, 0.86], [0.5, 1.0], [0.81, 0.85], [0.92, 0.5], [0.8, 0.14], [0.5, 0.0]]],
        &[&[[0.6, 0.02], [0.28, 0.1], [0.06, 0.5], [0.22, 0.9], [0.58, 0.98], [0.9, 0.66], [0.88, 0.3], [0.66, 0.06], [0.38, 0.1]]],
    ],
    &[
        &[&[[0.5, 0.0], [0.5, 1.0]]],
        &[&[[0.54, 0.0], [0.5, 0.5], [0.47, 1.0]]],
        &[&[[0.3, 0.2], [0.53, 0.0]], &[[0.53, 0.0], [0.52, 1.0]]],
        &[&[[0.28, 0.2], [0.53, 0.0]], &[[0.53, 0.0], [0.53, 1.0]], &[[0.18, 1.0], [0.88, 1.0]]],
    ],
    &[
        &[&[[0.12, 0.25], [0.3, 0.04], [0.66, 0.03], [0.84, 0.26], [0.68, 0.55], [0.38, 0.8], [0.08, 0.98]], &[[0.08, 0.98], [0.92, 0.97]]],
        &[&[[0.1, 0.2], [0.4, 0.0], [0.78, 0.14], [0.74, 0.46], [0.46, 0.76], [0.2, 0.97], [0.06, 0.87], [0.22, 0.77], [0.52, 0.92], [0.96, 0.94]]],
    ],
    &[
        &[&[[0.14, 0.13], [0.45, 0.0], [0.8, 0.13], [0.74, 0.37], [0.38, 0.47]], &[[0.38, 0.47], [0.8, 0.57], [0.88, 0.8], [0.58, 1.0], [0.25, 0.97], [0.06, 0.84]]],
        &[&[[0.12, 0.03], [0.84, 0.03]], &[[0.84, 0.03], [0.42, 0.42]], &[[0.42, 0.42], [0.8, 0.54], [0.85, 0.8], [0.55, 1.0], [0.1, 0.9]]],
        &[&[[0.16, 0.08], [0.6, 0.0], [0.82, 0.22], [0.52, 0.46], [0.84, 0.66], [0.74, 0.94], [0.36, 1.0], [0.08, 0.9]]],
    ],
    &[
        &[&[[0.2, 0.02], [0.1, 0.52]], &[[0.1, 0.52], [0.5, 0.57], [0.9, 0.53]], &[[0.78, 0.0], [0.7, 1.0]]],
        &[&[[0.7, 0.0], [0.06, 0.62]], &[[0.06, 0.62], [0.96, 0.62]], &[[0.7, 0.0], [0.7, 1.0]]],
        &[&[[0.22, 0.0], [0.12, 0.36], [0.32, 0.52], [0.66, 0.46], [0.82, 0.4]], &[[0.84, 0.02], [0.8, 0.5], [0.66, 1.0]]],
    ],
    &[
        &[&[[0.86, 0.02], [0.26, 0.02]], &[[0.26, 0.02], [0.18, 0.45]], &[[0.18, 0.45], [0.5, 0.36], [0.85, 0.55], [0.8, 0.86], [0.48, 1.0], [0.1, 0.92]]],
        &[&[[0.88, 0.03], [0.36, 0.06], [0.2, 0.32], [0.5, 0.44], [0.82, 0.62], [0.72, 0.92], [0.36, 1.0], [0.08, 0.9]]],
    ],
    &[
        &[&[[0.7, 0.0], [0.35, 0.22], [0.13, 0.6], [0.2, 0.9], [0.5, 1.0], [0.82, 0.86], [0.79, 0.6], [0.48, 0.52], [0.16, 0.74]]],
        &[&[[0.45, 0.0], [0.18, 0.38], [0.12, 0.76], [0.34, 0.99], [0.72, 0.96], [0.86, 0.74], [0.62, 0.57], [0.3, 0.66], [0.18, 0.82]]],
    ],
    &[
        &[&[[0.02, 0.04], [0.93, 0.03]], &[[0.93, 0.03], [0.6, 0.48], [0.4, 1.0]]],
        &[&[[0.03, 0.17], [0.08, 0.04], [0.5, 0.06], [0.93, 0.02]], &[[0.93, 0.02], [0.4, 1.0]]],
        &[&[[0.04, 0.05], [0.92, 0.03]], &[[0.92, 0.03], [0.58, 0.5], [0.44, 1.0]], &[[0.3, 0.52], [0.86, 0.48]]],
    ],
    &[
        &[&[[0.78, 0.14], [0.5, 0.0], [0.22, 0.14], [0.28, 0.37], [0.52, 0.48], [0.78, 0.66], [0.78, 0.88], [0.5, 1.0], [0.2, 0.88], [0.22, 0.66], [0.5, 0.48], [0.74, 0.34], [0.78, 0.14]]],
        &[&[[0.5, 0.0], [0.24, 0.1], [0.26, 0.38], [0.5, 0.46], [0.74, 0.36], [0.76, 0.1], [0.5, 0.0]], &[[0.5, 0.46], [0.2, 0.58], [0.14, 0.86], [0.48, 1.0], [0.86, 0.88], [0.8, 0.58], [0.5, 0.46]]],
    ],
    &[
        &[&[[0.8, 0.2], [0.52, 0.02], [0.18, 0.18], [0.2, 0.43], [0.5, 0.52], [0.8, 0.22]], &[[0.82, 0.12], [0.76, 0.6], [0.62, 1.0]]],
        &[&[[0.8, 0.16], [0.46, 0.01], [0.16, 0.24], [0.32, 0.49], [0.64, 0.44], [0.82, 0.16], [0.84, 0.56], [0.62, 0.96], [0.2, 0.93]]],
    ],
];
