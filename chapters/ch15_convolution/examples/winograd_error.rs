//! What fewer multiplications cost in digits: the error of F(2, 3), F(4, 3) and F(6, 3) in 32 bits, by channels and by depth.
//!
//! `cargo run --release -p ch15_convolution --example winograd_error [-- --record]`. All ways are the plain ones of
//! `winograd_plain.rs`; the oracle is the definition in 64 bits.

use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_log, lines_log_y};
use ch01_tensors::{Array, Float, Rng};
use ch15_convolution::{Conv2dOptions, WinogradTransforms, conv2d_naive};

/// A name and the finite points; without points, the definition in 32 bits.
fn ways() -> Vec<(&'static str, Vec<f64>)> {
    let (half, two) = (0.5f64.sqrt(), 2f64.sqrt());
    vec![
        ("the definition", vec![]),
        ("F(2,3)", vec![0.0, 1.0, -1.0]),
        ("F(4,3), our points", vec![0.0, half, -half, two, -two]),
        ("F(4,3), whole points", vec![0.0, 1.0, -1.0, 2.0, -2.0]),
        ("F(6,3)", vec![0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5]),
    ]
}

const SAME: Conv2dOptions = Conv2dOptions { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };

/// The convolution of one image with padding 1, tile by tile, in f32.
fn convolve(x: &Array<f32>, weight: &Array<f32>, transforms: &WinogradTransforms<f32>) -> Array<f32> {
    let ([channels, outputs], [height, width]) = ([x.dim(1), weight.dim(0)], [x.dim(2), x.dim(3)]);
    let (m, n) = (transforms.tile(), transforms.tile() + 2);
    let mut y = Array::zeros([1, outputs, height, width]);
    let kernels: Vec<Vec<_>> = (0..outputs)
        .map(|o| (0..channels).map(|c| square(3, |u, v| weight[[o, c, u, v]])).collect())
        .collect();
    for (top, left) in
        (0..height.div_ceil(m)).flat_map(|i| (0..width.div_ceil(m)).map(move |j| (i * m, j * m)))
    {
        let pixel = |c: usize, i: usize, j: usize| {
            let (row, col) = ((top + i).wrapping_sub(1), (left + j).wrapping_sub(1));
            if row < height && col < width { x[[0, c, row, col]] } else { 0.0 }
        };
        let images: Vec<_> = (0..channels).map(|c| square(n, |i, j| pixel(c, i, j))).collect();
        for (o, kernels) in kernels.iter().enumerate() {
            let tile = transforms.outputs(&images, kernels);
            for (i, j) in (0..m * m).map(|k| (k / m, k % m)) {
                if top + i < height && left + j < width {
                    y[[0, o, top + i, left + j]] = tile[i][j];
                }
            }
        }
    }
    y
}

fn square<T>(side: usize, at: impl Fn(usize, usize) -> T) -> Vec<Vec<T>> {
    (0..side).map(|i| (0..side).map(|j| at(i, j)).collect()).collect()
}

fn by_way(x: &Array<f32>, weight: &Array<f32>, points: &[f64]) -> Array<f32> {
    match points {
        [] => conv2d_naive(x, weight, None, SAME),
        points => convolve(x, weight, &WinogradTransforms::new(points)),
    }
}

fn size<T: Float>(x: &Array<T>) -> f64 {
    (x.iter().map(|x| x.to_f64().powi(2)).sum::<f64>() / x.size() as f64).sqrt()
}

/// The error in units of the result's size.
fn error(got: &Array<f32>, want: &Array<f64>) -> f64 {
    size(&(got.to_f64() - want)) / size(want)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch15_winograd_error");
    record.seed(0);
    let mut rng = Rng::new(0, "error");
    let channels = [4, 16, 64, 256];
    let layers: Vec<usize> = (1..=12).collect();
    let (mut by_channels, mut by_depth) = (vec![vec![]; ways().len()], vec![vec![]; ways().len()]);
    for channels in channels {
        let x = Array::<f32>::normal([1, channels, 24, 24], 0.0, 1.0, &mut rng);
        let weight = Array::<f32>::normal([4, channels, 3, 3], 0.0, 1.0, &mut rng);
        let want = conv2d_naive(&x.to_f64(), &weight.to_f64(), None, SAME);
        for ((_, points), errors) in ways().iter().zip(&mut by_channels) {
            errors.push(error(&by_way(&x, &weight, points), &want));
        }
    }
    // Convolutions behind each other, with ReLU and He's weights: what one has got wrong goes through all others.
    let width = 12;
    let image = Array::<f32>::normal([1, width, 24, 24], 0.0, 1.0, &mut rng);
    let deviation = (2.0 / (9.0 * width as f64)).sqrt();
    let weights: Vec<_> =
        layers.iter().map(|_| Array::<f32>::normal([width, width, 3, 3], 0.0, deviation, &mut rng)).collect();
    for ((_, points), errors) in ways().iter().zip(&mut by_depth) {
        let (mut got, mut want) = (image.clone(), image.to_f64());
        for weight in &weights {
            got = ch03_neurons::relu(by_way(&got, weight, points));
            want = ch03_neurons::relu(conv2d_naive(&want, &weight.to_f64(), None, SAME));
            errors.push(error(&got, &want));
        }
    }
    let (xs, depths) = (channels.map(|c| c as f64), layers.iter().map(|&l| l as f64).collect::<Vec<_>>());
    let names = ["direct", "f23", "f43", "f43_whole", "f63"];
    for (i, (name, _)) in ways().iter().enumerate() {
        println!("{name:<22} {:?}, after 12 layers {:.1e}", by_channels[i], by_depth[i][11]);
        record.series(&format!("{}_by_channels", names[i]), &by_channels[i]);
        record.number(&format!("{}_after_12", names[i]), by_depth[i][11]);
        record.number(&format!("{}_of_64", names[i]), by_channels[i][2]);
    }
    let series = |xs: &[f64], ys: &[Vec<f64>]| -> Vec<Series> {
        ways().iter().zip(ys).map(|((name, _), ys)| Series::of_pairs(name, xs, ys).marked()).collect()
    };
    let label = "error, in units of the result's size";
    let path = record.figure_path("ch15_winograd_error");
    lines_log_log(&path, "One convolution in 32 bits", "channels", label, &series(&xs, &by_channels))?;
    let path = record.figure_path("ch15_winograd_depth");
    lines_log_y(&path, "Convolutions behind each other", "layers", label, &series(&depths, &by_depth))?;
    record.finish()?;
    Ok(())
}
