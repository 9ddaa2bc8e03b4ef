//! Adam with and without its bias correction: `cargo run --release -p ch09_optimizers --example bias_correction`.
//!
//! The first 300 steps of a small network on handwritten digits (MNIST if it is found, generated ones if not), three
//! seeds, at several rates. The optimizer without correction is written here, as a `Rule`: that is all an optimizer needs.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, Module, labelled_rows, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, Rule, State, apply, like};
use datasets::mnist;

const STEPS: usize = 300;
const BATCH: usize = 64;
const SEEDS: u64 = 3;
const RATES: [f64; 3] = [1e-3, 3e-3, 1e-2];
const BETAS: (f64, f64) = (0.9, 0.999);

/// Adam's step, taken by the running means as they are.
#[derive(Clone, Copy)]
struct Uncorrected {
    rate: f32,
}

impl Rule<f32, 2> for Uncorrected {
    #[inline(always)]
    fn at(self, value: f32, grad: f32, [m, v]: [f32; 2]) -> (f32, [f32; 2]) {
        let m = BETAS.0 as f32 * m + (1.0 - BETAS.0) as f32 * grad;
        let v = BETAS.1 as f32 * v + (1.0 - BETAS.1) as f32 * grad * grad;
        (value - self.rate * m / (v.sqrt() + 1e-8), [m, v])
    }
}

/// The losses of the first steps.
fn train(seed: u64, rate: f64, corrected: bool, x: &Tensor, labels: &Array<i64>) -> Vec<f64> {
    let mut model = Mlp::new(&[784, 128, 128, 10], Activation::Relu, &mut Rng::new(seed, "init"));
    let mut order = Rng::new(seed, "batches");
    let (mut adamw, mut state) = (AdamW::new().betas(BETAS.0, BETAS.1).weight_decay(0.0), State::default());
    let criterion = CrossEntropy::default();
    let mut step = |model: &mut dyn Module| {
        if corrected {
            return adamw.step(model, rate);
        }
        let rule = Uncorrected { rate: rate as f32 };
        state.step("Adam", model, (rate, &like(&["m", "v"])), |param, slot| {
            apply(param, &mut slot.arrays, rule)
        });
    };
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let rows = Array::from_fn([BATCH], |_| order.below(x.dim(0)) as i64);
        let labels = labels.index_select(0, &rows);
        zero_grad(&mut model);
        let logits = model.forward(x.index_select(0, &rows));
        losses.push(f64::from(criterion.forward(&logits, &labels).item()));
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        step(&mut model);
    }
    losses
}

/// How many times too long the step is at step `t` when the gradient is always the same.
fn too_long(t: i32) -> f64 {
    (1.0 - BETAS.0.powi(t)) / (1.0 - BETAS.1.powi(t)).sqrt()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch09_optimizers::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch09_optimizers::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let (x, labels) = labelled_rows(&data.train.pixels, &data.train.labels, mnist::STATISTICS);

    let mut record = Record::from_args("ch09_bias_correction");
    record.seed(0);
    record.text("data", mnist::name(&source));
    let longest = (1..1000).max_by(|&a, &b| too_long(a).total_cmp(&too_long(b))).expect("there are steps");
    record.number("first", too_long(1));
    record.number("longest_step", f64::from(longest));
    record.number("longest", too_long(longest));
    record.number("at_1000", too_long(1000));
    let mut curves = Vec::new();
    for rate in RATES {
        for (corrected, key) in [(true, "on"), (false, "off")] {
            let runs: Vec<Vec<f64>> =
                (0..SEEDS).map(|seed| train(seed, rate, corrected, &x, &labels)).collect();
            let mean = |from: usize, to: usize| {
                runs.iter().map(|losses| losses[from..to].iter().sum::<f64>()).sum::<f64>()
                    / ((to - from) * runs.len()) as f64
            };
            let highest = runs.iter().flatten().copied().fold(0.0, f64::max);
            let end = mean(STEPS - 50, STEPS);
            println!(
                "rate {rate}, correction {key:3}: highest loss {highest:7.2}, steps 250 to 300 {end:.3}"
            );
            record.number(&format!("highest_{key}_{rate}"), highest);
            record.number(&format!("end_{key}_{rate}"), end);
            if rate == RATES[2] {
                let name = if corrected { "corrected" } else { "not corrected" };
                let points = (0..STEPS).map(|i| ((i + 1) as f64, mean(i, i + 1))).collect();
                curves.push(Series::new(name, points));
            }
        }
    }
    let path = record.figure_path("ch09_bias_correction");
    let title = format!("Adam's first {STEPS} steps, rate {}, mean of {SEEDS} seeds", RATES[2]);
    figure::lines_log_y(&path, &title, "step", "loss of the batch", &curves)?;
    record.finish()?;
    Ok(())
}
