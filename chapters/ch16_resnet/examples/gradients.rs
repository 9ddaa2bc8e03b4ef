//! How large gradients are at the first convolution of plain and residual networks before training, by depth:
//! `cargo run --release -p ch16_resnet --example gradients`.
//!
//! Networks of 8 to 110 layers, 8 channels at first, a batch of 32 random images of 16 x 16 in ten classes. The norm of the
//! gradient of the first convolution is set in relation to that of the last block's second one.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, for_each_param};
use ch16_resnet::{Kind, ResNet, ResNetConfig};

const DEPTHS: [usize; 6] = [8, 20, 32, 56, 80, 110];
const SEEDS: u64 = 3;

/// The norm of the first convolution's gradient over that of the last one's.
fn ratio(kind: Kind, depth: usize, seed: u64) -> f64 {
    let config = ResNetConfig { width: 8, ..ResNetConfig::small(kind, depth) };
    let mut model = ResNet::new(&config, &mut Rng::new(seed, "init"));
    let x = Tensor::normal([32, 3, 16, 16], 0.0, 1.0, &mut Rng::new(seed, "x"));
    let labels = Array::<i64>::from_fn([32], |i| i[0] as i64 % 10);
    let logits = model.forward(x);
    model.backward(CrossEntropy::default().backward(&Tensor::scalar(1.0), &logits, &labels));
    let (mut first, mut last) = (None, f64::NAN);
    for_each_param(&mut model, |_, param| {
        // The convolutions that see 3 x 3 pixels, in their order.
        if param.value.ndim() == 4 && param.value.dim(2) == 3 {
            let norm = param.grad.iter().map(|g| f64::from(g).powi(2)).sum::<f64>().sqrt();
            first.get_or_insert(norm);
            last = norm;
        }
    });
    first.expect("there are convolutions") / last
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch16_gradients");
    record.seed(0).number("seeds", SEEDS as f64);
    let mut curves = Vec::new();
    for (kind, name, key) in [
        (Kind::Plain, "plain", "plain"),
        (Kind::Basic, "residual", "residual"),
        (Kind::PreActivation, "residual, activations first", "pre_activation"),
    ] {
        let mut points = Vec::new();
        for depth in DEPTHS {
            let logs: Vec<f64> = (0..SEEDS).map(|seed| ratio(kind, depth, seed).ln()).collect();
            let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
            println!("{name}, {depth} layers: first over last {mean:.3}");
            record.number(&format!("{key}_{depth}"), mean);
            points.push((depth as f64, mean));
        }
        curves.push(Series::new(name, points));
    }
    let path = record.figure_path("ch16_gradients");
    let title = "Gradient of the first convolution over that of the last";
    figure::lines_log_y(&path, title, "layers", "ratio", &curves)?;
    record.finish()?;
    Ok(())
}
