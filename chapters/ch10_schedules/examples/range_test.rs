//! The range test beside a sweep of whole runs: `cargo run --release -p ch10_schedules --example range_test`.
//!
//! Two tasks (handwritten digits, MNIST if it is found, generated ones if not; and three arms of a spiral) and two optimizers.
//! For each, whole runs with warmup and cosine at peaks that are a factor of 1.8 apart show which is best; three range tests
//! of 120 steps with other seeds each suggest one, and the middle of the three counts.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, labelled_rows, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch10_schedules::{RangeTest, Schedule, WarmupCosine};
use datasets::mnist;

const BATCH: usize = 64;
const STEPS: u64 = 450;
const TEST_STEPS: u64 = 120;
const SEEDS: u64 = 2;

struct Task {
    name: &'static str,
    x: Tensor,
    labels: Array<i64>,
    widths: &'static [usize],
}

fn digits() -> Result<(Task, &'static str), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let count = data.train.len().min(10_000);
    let (pixels, labels) = (&data.train.pixels[..784 * count], &data.train.labels[..count]);
    let (x, labels) = labelled_rows(pixels, labels, mnist::STATISTICS);
    Ok((Task { name: "digits", x, labels, widths: &[784, 128, 128, 10] }, mnist::name(&source)))
}

fn spirals() -> Task {
    let mut rng = Rng::new(0, "spirals");
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for i in 0..3000 {
        let (arm, radius) = (i % 3, rng.uniform());
        let angle = 4.0 * radius + 2.094 * arm as f64 + 0.15 * rng.normal();
        x.extend([(2.0 * radius * angle.sin()) as f32, (2.0 * radius * angle.cos()) as f32]);
        labels.push(arm as i64);
    }
    let (x, labels) = (Array::from_slice(&x, [3000, 2]), Array::from_slice(&labels, [3000]));
    Task { name: "spirals", x, labels, widths: &[2, 64, 64, 3] }
}

/// A network and its optimizer: each call takes a step at a rate and returns the loss of the batch before it.
fn learner(task: &Task, seed: u64, adamw: bool) -> impl FnMut(f64) -> f64 {
    let mut model = Mlp::new(task.widths, Activation::Relu, &mut Rng::new(seed, "init"));
    let mut order = Rng::new(seed, "batches");
    let mut optimizer: Box<dyn Optimizer> =
        if adamw { Box::new(AdamW::new()) } else { Box::new(Sgd::new().momentum(0.9)) };
    move |rate| {
        let rows = Array::from_fn([BATCH], |_| order.below(task.x.dim(0)) as i64);
        let (labels, criterion) = (task.labels.index_select(0, &rows), CrossEntropy::default());
        zero_grad(&mut model);
        let logits = model.forward(task.x.index_select(0, &rows));
        let loss = f64::from(criterion.forward(&logits, &labels).item());
        if loss.is_finite() {
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            optimizer.step(&mut model, rate);
        }
        loss
    }
}

/// The mean loss of the last 100 steps of a whole run, mean of the seeds; at most 10.
fn end(task: &Task, adamw: bool, peak: f64) -> f64 {
    let schedule = WarmupCosine { peak, warmup: STEPS / 10, total: STEPS, floor: 0.0 };
    let run = |seed| {
        let mut learner = learner(task, seed, adamw);
        let losses: Vec<f64> = (0..STEPS).map(|step| learner(schedule.rate(step))).collect();
        let end = losses[losses.len() - 100..].iter().sum::<f64>() / 100.0;
        if end < 10.0 { end } else { 10.0 }
    };
    (0..SEEDS).map(run).sum::<f64>() / SEEDS as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch10_schedules::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch10_schedules::YOURS);
    }
    let (digits, data) = digits()?;
    let mut record = Record::from_args("ch10_range_test");
    record.seed(0);
    record.text("data", data);
    record.number("steps", STEPS as f64);
    record.number("test_steps", TEST_STEPS as f64);
    let (mut tests, mut sweeps, mut worst) = (Vec::new(), Vec::new(), 1.0f64);
    for task in [digits, spirals()] {
        for (adamw, optimizer) in [(true, "AdamW"), (false, "SGD")] {
            let first = if adamw { 3e-4 } else { 3e-3 };
            let rates = (0..13).map(|i| first * 10f64.powf(f64::from(i) / 4.0));
            let points: Vec<(f64, f64)> = rates.map(|rate| (rate, end(&task, adamw, rate))).collect();
            let best = points.iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are rates").0;
            let key = format!("{}_{}", task.name, optimizer.to_lowercase());
            record.number(&format!("{key}_best"), best);
            let name = format!("{}, {optimizer}", task.name);
            let mut ratios = Vec::new();
            for seed in 10..13 {
                let test = RangeTest::run(1e-6, 10.0, TEST_STEPS, learner(&task, seed, adamw));
                let suggestion = test.suggestion().expect("the loss falls");
                let ratio = suggestion / best;
                ratios.push(ratio);
                println!("{name}: best {best:.2e}, suggested {suggestion:.2e}, {ratio:.2} of it");
                if seed == 10 {
                    record.number(&format!("{key}_suggested"), suggestion);
                    record.number(&format!("{key}_steepest"), test.steepest().expect("a slope"));
                    record.number(&format!("{key}_lowest"), test.lowest().expect("a bottom"));
                    let smooth = test.smoothed();
                    let at = |rate: f64| {
                        let place = test.rates.iter().position(|&r| r >= rate).unwrap_or(0);
                        (rate, smooth[place].min(4.0))
                    };
                    if task.name == "digits" {
                        let curve = test.rates.iter().zip(&smooth).map(|(&r, &s)| (r, s.min(4.0))).collect();
                        tests.push((
                            Series::new(&name, curve),
                            Series::new(&format!("suggested, {optimizer}"), vec![at(suggestion)]).marked(),
                        ));
                    }
                }
            }
            ratios.sort_by(f64::total_cmp);
            let [low, middle, high] = ratios[..] else { unreachable!("three tests") };
            record.number(&format!("{key}_low"), low);
            record.number(&format!("{key}_middle"), middle);
            record.number(&format!("{key}_high"), high);
            worst = worst.max(middle.max(1.0 / middle));
            sweeps.push(
                Series::new(&name, points.iter().map(|&(r, loss)| (r, loss.min(3.0))).collect()).marked(),
            );
        }
    }
    println!("the middle suggestions are at worst a factor of {worst:.2} away");
    record.number("worst_factor", worst);
    let (curves, marks): (Vec<Series>, Vec<Series>) = tests.into_iter().unzip();
    let path = record.figure_path("ch10_range_test");
    let title = "Range test: the loss while the rate grows";
    figure::lines_log_x(
        &path,
        title,
        "rate",
        "smoothed loss",
        &curves.into_iter().chain(marks).collect::<Vec<_>>(),
    )?;
    let path = record.figure_path("ch10_sweep");
    figure::lines_log_log(
        &path,
        "Whole runs",
        "peak rate",
        "loss of the last 100 steps (3 if higher)",
        &sweeps,
    )?;
    record.finish()?;
    Ok(())
}
