//! What a number deep in a network can see, and what it looks at: `cargo run --release -p ch15_convolution --example
//! receptive_field [-- --record]`.
//!
//! Chains of 3 by 3 convolutions with random weights, on images of random numbers. The theoretical field grows with the depth, the
//! effective one with its root (Luo et al. 2016). Then the price of a network without downsampling.

use ch00_start::Record;
use ch00_start::figure::{Image, Series, image_grid, lines_log_log};
use ch01_tensors::{Rng, Tensor};
use ch07_modules::Sequential;
use ch08_initialization::init_he;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::*;

const CHANNELS: usize = 16;
const SIDE: usize = 65;
const DEPTHS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Networks over which the squares are averaged.
const DRAWS: u64 = 4;

/// The effective field of a chain of so many convolutions.
fn field(depth: usize, relu: bool) -> Tensor {
    let mut sum = Tensor::zeros([SIDE, SIDE]);
    for draw in 0..DRAWS {
        let rng = &mut Rng::new(draw, "chain");
        let same = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
        let mut model = Sequential::new();
        for _ in 0..depth {
            model = model.push(Conv2d::new(CHANNELS, CHANNELS, 3, same, rng));
            if relu {
                model = model.push(Relu::new());
            }
        }
        init_he(&mut model, rng);
        let x = Tensor::normal([4, CHANNELS, SIDE, SIDE], 0.0, 1.0, rng);
        let one = effective_receptive_field(&mut model, &x, rng);
        // Each network counts the same, whatever the size of its gradients.
        let squares = &one * &one;
        let total = squares.sum_all();
        sum += &(squares * (1.0 / total));
    }
    sum * (1.0 / DRAWS as f32)
}

/// The deviation, in pixels, of the distribution whose probabilities are the squares, down and across together.
fn deviation(squares: &Tensor) -> f64 {
    let middle = (SIDE / 2) as f64;
    let moment: f64 = (0..SIDE * SIDE)
        .map(|k| {
            let distance = ((k / SIDE) as f64 - middle).powi(2) + ((k % SIDE) as f64 - middle).powi(2);
            f64::from(squares[[k / SIDE, k % SIDE]]) * distance
        })
        .sum();
    (moment / 2.0).sqrt()
}

/// The field of the last map of a network for 32 by 32 pixels, and the multiply-adds of its convolutions for an image.
fn seen(model: &Sequential) -> (ReceptiveField, f64) {
    let one_number = |number: usize| {
        let layer = &model.layers()[number];
        layer.downcast_ref::<Relu>().is_some() || layer.downcast_ref::<BatchNorm2d>().is_some()
    };
    let windows = windows_of(model, [32, 32], one_number);
    let work = windows.iter().filter_map(|(number, window)| {
        let conv = model.layers()[*number].downcast_ref::<Conv2d>()?;
        Some((conv.weight.value.size() * window.output().iter().product::<usize>()) as f64)
    });
    let work = work.sum();
    let windows: Vec<Window> = windows.into_iter().map(|(_, window)| window).collect();
    (receptive_fields(&windows).last().copied().unwrap_or_default(), work)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch15_receptive_field");
    record.seed(0);
    let depths = DEPTHS.map(|depth| depth as f64);
    let mut pictures = Vec::new();
    let [linear, rectified] = [false, true].map(|relu| {
        DEPTHS.map(|depth| {
            let squares = field(depth, relu);
            if relu && depth > 1 {
                let largest = squares.max(.., false).item();
                let roots: Vec<f32> = squares.iter().map(|x| (x / largest).sqrt()).collect();
                let caption = format!("{depth} layers: {} wide", 2 * depth + 1);
                pictures.push(Image::gray(&caption, SIDE, SIDE, &roots));
            }
            deviation(&squares)
        })
    });
    let theory = DEPTHS.map(|depth| (2.0 / 3.0 * depth as f64).sqrt());
    println!("depth, half the theoretical width, deviation: predicted, of linear chains, with ReLU");
    for i in 0..DEPTHS.len() {
        println!("{:>3} {:>3} {:.2} {:.2} {:.2}", DEPTHS[i], DEPTHS[i], theory[i], linear[i], rectified[i]);
    }
    record.series("predicted", &theory).series("linear", &linear).series("relu", &rectified);
    record.series("depths", &depths);
    lines_log_log(
        &record.figure_path("ch15_receptive_field"),
        "How far a chain of 3 by 3 convolutions sees",
        "layers",
        "pixels",
        &[
            Series::of_pairs("can see: half the width", &depths, &depths),
            Series::of_pairs("predicted deviation", &depths, &theory).dashed(),
            Series::of_pairs("looks at: deviation, linear", &depths, &linear).marked(),
            Series::of_pairs("with ReLU", &depths, &rectified).marked(),
        ],
    )?;
    let path = record.figure_path("ch15_effective_fields");
    image_grid(&path, "Derivatives by each pixel, chains with ReLU", 5, &pictures)?;

    let (small, _) = seen(&small_cnn(3, 10, 32, 0.4, 0));
    record.number("small_cnn", small.size[0] as f64);
    let channels = [32, 64, 128, 256];
    let [with, without] = [true, false].map(|halving| seen(&conv_net(3, 10, &channels, halving, 0)));
    println!("with pooling {} pixels, without {}", with.0.size[0], without.0.size[0]);
    record.number("halving_sees", with.0.size[0] as f64).number("flat_sees", without.0.size[0] as f64);
    record.number("halving_millions", with.1 / 1e6).number("flat_millions", without.1 / 1e6);
    record.number("flat_work", without.1 / with.1);
    record.finish()?;
    Ok(())
}
