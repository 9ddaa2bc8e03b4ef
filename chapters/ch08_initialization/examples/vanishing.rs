//! Gradients that vanish, explode or stay: `cargo run --release -p ch08_initialization --example vanishing`.
//!
//! Fifty layers of width 256 with six combinations of activation, weights and connections. For a normal input and a normal
//! gradient of the output, the mean square of the gradient at the input of each layer.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Residual};
use ch07_modules::Sequential;
use ch08_initialization::{FanMode, Gain, kaiming_normal, kaiming_std, normal, xavier_normal};

const DEPTH: usize = 50;
const WIDTH: usize = 256;
const BATCH: usize = 64;

type Block = fn(&mut Rng) -> Box<dyn Layer>;

fn linear(rng: &mut Rng, draw: impl Fn(&mut Tensor, &mut Rng)) -> Linear {
    let mut linear = Linear::new(WIDTH, WIDTH, rng);
    draw(&mut linear.weight.value, rng);
    linear.bias = None;
    linear
}

fn he(rng: &mut Rng, factor: f64) -> Linear {
    let std = factor * kaiming_std(&[WIDTH, WIDTH], FanMode::In, Gain::Relu);
    linear(rng, |weight, rng| normal(weight, 0.0, std, rng))
}

fn chain(linear: Linear, activation: Activation) -> Box<dyn Layer> {
    Box::new(Sequential::new().push(linear).push(ActivationLayer::new(activation)))
}

/// `x + W relu(V x)`; `W` is drawn `factor` times as large as `V`.
fn residual(rng: &mut Rng, factor: f64) -> Box<dyn Layer> {
    let inner = linear(rng, |weight, rng| kaiming_normal(weight, FanMode::In, Gain::Linear, rng));
    let branch = Sequential::new().push(inner).push(ActivationLayer::new(Activation::Relu));
    Box::new(Residual::new(branch.push(he(rng, factor))))
}

const BLOCKS: [(&str, &str, Block); 6] = [
    ("sigmoid", "sigmoid, Xavier", |rng| {
        chain(linear(rng, |weight, rng| xavier_normal(weight, 1.0, rng)), Activation::Sigmoid)
    }),
    ("tanh", "tanh, Xavier with gain 5/3", |rng| {
        chain(linear(rng, |weight, rng| xavier_normal(weight, Gain::Tanh.value(), rng)), Activation::Tanh)
    }),
    ("relu", "ReLU, He", |rng| chain(he(rng, 1.0), Activation::Relu)),
    ("large", "ReLU, 1.5 times He", |rng| chain(he(rng, 1.5), Activation::Relu)),
    ("residual", "residual, He", |rng| residual(rng, 1.0)),
    ("scaled", "residual, ends over √50", |rng| residual(rng, 1.0 / (DEPTH as f64).sqrt())),
];

fn mean_square(a: &Tensor) -> f64 {
    a.to_f64().map(|x| x * x).mean_all()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch08_vanishing");
    record.seed(0).number("depth", DEPTH as f64).number("width", WIDTH as f64);
    let mut curves = Vec::new();
    for (key, name, block) in BLOCKS {
        let rng = &mut Rng::new(0, "init");
        let mut layers: Vec<Box<dyn Layer>> = (0..DEPTH).map(|_| block(rng)).collect();
        let x = Tensor::normal([BATCH, WIDTH], 0.0, 1.0, rng);
        let y = layers.iter_mut().fold(x, |x, layer| layer.forward(x));
        let mut grad = Tensor::normal([BATCH, WIDTH], 0.0, 1.0, rng);
        let mut powers = vec![mean_square(&grad)];
        for layer in layers.iter_mut().rev() {
            grad = layer.backward(grad);
            powers.push(mean_square(&grad));
        }
        powers.reverse();
        let per_layer = (powers[0] / powers[DEPTH]).powf(1.0 / DEPTH as f64);
        println!("{name:27} {:.2e} of the gradient at the input, {per_layer:.3} per layer", powers[0]);
        record.number(&format!("{key}_gradient"), powers[0]);
        record.number(&format!("{key}_per_layer"), per_layer);
        record.number(&format!("{key}_output"), mean_square(&y));
        curves.push(Series::of_values(name, &powers));
    }
    let path = record.figure_path("ch08_vanishing");
    let title = "Gradients on their way back through 50 layers";
    figure::lines_log_y(&path, title, "layer", "mean square of the gradient", &curves)?;
    record.finish()?;
    Ok(())
}
