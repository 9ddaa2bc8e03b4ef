//! How large activations and gradients are in a network of 50 layers before any training, for seven kinds of first
//! weights, and whether such a network learns: `cargo run --release -p ch08_initialization --example variance`.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear, train_step};
use ch07_modules::Sequential;
use ch08_initialization::{FanMode, Gain, kaiming_normal, lecun_normal, normal, orthogonal, xavier_normal};

const DEPTH: usize = 50;
const WIDTH: usize = 256;
const BATCH: usize = 256;
const EXAMPLES: usize = 32;
const STEPS: usize = 300;
const RATE: f64 = 0.002;

/// The name in the record, the name in the figure, and how a weight is drawn.
type Rule = (&'static str, &'static str, fn(&mut Tensor, &mut Rng));

const RULES: [Rule; 7] = [
    ("small", "normal, 0.01", |weight, rng| normal(weight, 0.0, 0.01, rng)),
    ("default", "Linear's default", |_, _| {}),
    ("xavier", "Xavier", |weight, rng| xavier_normal(weight, 1.0, rng)),
    ("he", "He", |weight, rng| kaiming_normal(weight, FanMode::In, Gain::Relu, rng)),
    ("gpt", "GPT-2's 0.02", |weight, rng| normal(weight, 0.0, 0.02, rng)),
    ("lecun", "LeCun", |weight, rng| lecun_normal(weight, rng)),
    ("orthogonal", "orthogonal, gain √2", |weight, rng| orthogonal(weight, 2f64.sqrt(), rng)),
];

// ANCHOR: network
/// `Linear, ReLU` fifty times, without biases; with `classes`, a last Linear behind them.
fn network(draw: fn(&mut Tensor, &mut Rng), classes: Option<usize>, rng: &mut Rng) -> Sequential {
    let mut model = Sequential::new();
    for outputs in std::iter::repeat_n(WIDTH, DEPTH).chain(classes) {
        let mut linear = Linear::new(WIDTH, outputs, rng);
        draw(&mut linear.weight.value, rng);
        linear.bias = None;
        model = model.push(linear);
        if outputs == WIDTH {
            model = model.push(ActivationLayer::new(Activation::Relu));
        }
    }
    model
}
// ANCHOR_END: network

fn mean_square(a: &Tensor) -> f64 {
    a.to_f64().map(|x| x * x).mean_all()
}

/// The mean square after each of the 50 blocks, and of the gradient at the input of each, for normal inputs and normal
/// gradients of the output.
fn powers(draw: fn(&mut Tensor, &mut Rng), seed: u64) -> [Vec<f64>; 2] {
    let rng = &mut Rng::new(seed, "init");
    let mut model = network(draw, None, rng);
    let mut x = Tensor::normal([BATCH, WIDTH], 0.0, 1.0, rng);
    let mut forward = vec![mean_square(&x)];
    for block in model.layers_mut().chunks_mut(2) {
        x = block.iter_mut().fold(x, |x, layer| layer.forward(x));
        forward.push(mean_square(&x));
    }
    let mut grad = Tensor::normal([BATCH, WIDTH], 0.0, 1.0, rng);
    let mut backward = vec![mean_square(&grad)];
    for block in model.layers_mut().chunks_mut(2).rev() {
        grad = block.iter_mut().rev().fold(grad, |grad, layer| layer.backward(grad));
        backward.push(mean_square(&grad));
    }
    backward.reverse();
    [forward, backward]
}

/// The loss while a network with ten classes memorises a few examples with random labels.
fn learn(draw: fn(&mut Tensor, &mut Rng), seed: u64) -> Vec<f64> {
    let rng = &mut Rng::new(seed, "init");
    let mut model = network(draw, Some(10), rng);
    let x = Tensor::normal([EXAMPLES, WIDTH], 0.0, 1.0, rng);
    let labels = Array::from_fn([EXAMPLES], |_| rng.below(10) as i64);
    (0..STEPS).map(|_| train_step(&mut model, x.clone(), &labels, RATE)).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch08_variance");
    record.seed(0).number("depth", DEPTH as f64).number("width", WIDTH as f64);
    record.number("examples", EXAMPLES as f64).number("steps", STEPS as f64).number("rate", RATE);
    let mut curves: [Vec<Series>; 3] = Default::default();
    for (key, name, draw) in RULES {
        let [forward, backward] = powers(draw, 0);
        let losses = learn(draw, 0);
        let last = losses[losses.len() - 1];
        println!(
            "{name:18} mean square {:.1e} after layer {DEPTH}; of the gradient {:.1e} at the input; loss {:.3} to {last:.3}",
            forward[DEPTH], backward[0], losses[0],
        );
        record.number(&format!("{key}_forward"), forward[DEPTH]);
        record.number(&format!("{key}_backward"), backward[0]);
        record.number(&format!("{key}_one_layer"), (forward[10] / forward[1]).powf(1.0 / 9.0));
        record.number(&format!("{key}_first_loss"), losses[0]).number(&format!("{key}_last_loss"), last);
        if let Some(gone) = forward.iter().position(|&power| power == 0.0) {
            println!("{name:18} all activations are 0 from layer {gone} on");
            record.number(&format!("{key}_gone"), gone as f64);
        }
        for (curves, values) in curves.iter_mut().zip([&forward, &backward, &losses]) {
            curves.push(Series::of_values(name, values));
        }
    }
    let title = "Activations of 50 layers before training";
    let path = record.figure_path("ch08_forward");
    figure::lines_log_y(&path, title, "layer", "mean square of the activations", &curves[0])?;
    let title = "Gradients on their way back from layer 50";
    let path = record.figure_path("ch08_backward");
    figure::lines_log_y(&path, title, "layer", "mean square of the gradient", &curves[1])?;
    let path = record.figure_path("ch08_learning");
    figure::lines(&path, "50 layers learn by heart", "step", "loss", &curves[2])?;
    println!("Figures: {}", path.with_file_name("ch08_{forward,backward,learning}.svg").display());
    record.finish()?;
    Ok(())
}
