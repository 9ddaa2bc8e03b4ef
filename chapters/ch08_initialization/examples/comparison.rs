//! Three initialisations of networks of three depths on handwritten digits (MNIST if it is found, generated ones if not):
//! `cargo run --release -p ch08_initialization --example comparison`.
//!
//! Width 128, ReLU, plain gradient descent for 600 steps on batches of 64. Every combination first tries five rates; with the
//! best it runs with three other seeds. The accuracy is that of the whole test set.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear, accuracy, labelled_rows, train_step};
use ch07_modules::Sequential;
use ch08_initialization::{FanMode, Gain, kaiming_normal, normal, xavier_normal};
use datasets::mnist;

const DEPTHS: [usize; 3] = [3, 10, 30];
const WIDTH: usize = 128;
const STEPS: usize = 600;
const BATCH: usize = 64;
const SEEDS: u64 = 3;
const RATES: [f64; 5] = [0.01, 0.03, 0.1, 0.3, 1.0];
const WINDOW: usize = 20;

type Rule = (&'static str, &'static str, fn(&mut Tensor, &mut Rng));

const RULES: [Rule; 3] = [
    ("small", "normal, 0.01", |weight, rng| normal(weight, 0.0, 0.01, rng)),
    ("xavier", "Xavier", |weight, rng| xavier_normal(weight, 1.0, rng)),
    ("he", "He", |weight, rng| kaiming_normal(weight, FanMode::In, Gain::Relu, rng)),
];

type Labelled = (Tensor, Array<i64>);

fn network(depth: usize, draw: fn(&mut Tensor, &mut Rng), rng: &mut Rng) -> Sequential {
    let mut model = Sequential::new();
    for layer in 0..depth {
        let (inputs, outputs) =
            (if layer == 0 { 784 } else { WIDTH }, if layer + 1 == depth { 10 } else { WIDTH });
        let mut linear = Linear::new(inputs, outputs, rng);
        draw(&mut linear.weight.value, rng);
        linear.bias.as_mut().expect("Linear has a bias").value.fill(0.0);
        model = model.push(linear);
        if layer + 1 < depth {
            model = model.push(ActivationLayer::new(Activation::Relu));
        }
    }
    model
}

/// The losses of the steps, infinite from where they are no numbers, and the accuracy on the test set.
fn run(
    (depth, draw): (usize, fn(&mut Tensor, &mut Rng)),
    (rate, seed): (f64, u64),
    train: &Labelled,
    test: Option<&Labelled>,
) -> (Vec<f64>, f64) {
    let mut model = network(depth, draw, &mut Rng::new(seed, "init"));
    let mut order = Rng::new(seed, "batches");
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let rows = Array::from_fn([BATCH], |_| order.below(train.0.dim(0)) as i64);
        let labels = train.1.index_select(0, &rows);
        let loss = train_step(&mut model, train.0.index_select(0, &rows), &labels, rate);
        losses.push(loss);
        if !loss.is_finite() {
            losses.resize(STEPS, f64::INFINITY);
            return (losses, 0.1);
        }
    }
    (losses, test.map_or(0.0, |(x, labels)| accuracy(&model, x, labels)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images| labelled_rows(&images.pixels, &images.labels, mnist::STATISTICS);
    let (train, test) = (prepare(&data.train), prepare(&data.test));
    let mut record = Record::from_args("ch08_comparison");
    record.seed(0).number("steps", STEPS as f64).number("width", WIDTH as f64);
    record.text("data", mnist::name(&source));
    let mut curves = Vec::new();
    for depth in DEPTHS {
        for (key, name, draw) in RULES {
            let tried = RATES
                .map(|rate| (rate, mean(&run((depth, draw), (rate, 100), &train, None).0[STEPS - 100..])));
            let rate = tried.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are rates").0;
            let runs: Vec<(Vec<f64>, f64)> =
                (0..SEEDS).map(|seed| run((depth, draw), (rate, seed), &train, Some(&test))).collect();
            let average: Vec<f64> =
                (0..STEPS).map(|i| mean(&runs.iter().map(|run| run.0[i]).collect::<Vec<_>>())).collect();
            let right: Vec<f64> = runs.iter().map(|run| run.1).collect();
            let worst = right.iter().copied().fold(1.0, f64::min);
            println!(
                "{depth:2} layers, {name:12} rate {rate:4}: loss {:.3}, {:.2} % right, worst {:.2} %",
                mean(&average[STEPS - 100..]),
                100.0 * mean(&right),
                100.0 * worst
            );
            record.number(&format!("{key}_{depth}_rate"), rate);
            record.number(&format!("{key}_{depth}_loss"), mean(&average[STEPS - 100..]));
            record.number(&format!("{key}_{depth}"), mean(&right));
            record.number(&format!("{key}_{depth}_worst"), worst);
            if depth > 3 {
                let windows = average.chunks_exact(WINDOW).enumerate();
                let points = windows.map(|(i, losses)| ((WINDOW * i + WINDOW / 2) as f64, mean(losses)));
                curves.push(Series::new(&format!("{name}, {depth} layers"), points.collect()));
            }
        }
    }
    let path = record.figure_path("ch08_comparison");
    let title = "Three initialisations of ten and of thirty layers";
    figure::lines(&path, title, "step", &format!("loss, mean of {WINDOW} steps"), &curves)?;
    record.finish()?;
    Ok(())
}
