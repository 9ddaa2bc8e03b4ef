//! Schedules compared, and the warmup made shorter: `cargo run --release -p ch10_schedules --example schedules`.
//!
//! A small network learns handwritten digits (MNIST if it is found, generated ones if not) from 10,000 of them in three
//! epochs of AdamW, under eight schedules and at five peak rates, three seeds each; then under warmup and cosine with
//! warmups of five lengths at the three highest. The accuracy is that of the whole test set.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, accuracy, labelled_rows, zero_grad};
use ch09_optimizers::{AdamW, Optimizer};
use ch10_schedules::{Constant, Exponential, OneCycle, Polynomial, Restarts, Schedule, Step, WarmupCosine};
use datasets::mnist;

const EXAMPLES: usize = 10_000;
const BATCH: usize = 64;
const EPOCHS: usize = 3;
const SEEDS: u64 = 3;
const PEAKS: [f64; 5] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2];

type Labelled = (Tensor, Array<i64>);

type Named = (&'static str, &'static str, Box<dyn Schedule>);

fn schedules(peak: f64, total: u64) -> [Named; 8] {
    let warmup = total / 10;
    let exponential = Exponential::between(peak, peak / 100.0, total);
    [
        ("constant", "constant", Box::new(Constant(peak))),
        ("cosine without warmup", "cosine", Box::new(WarmupCosine { peak, warmup: 0, total, floor: 0.0 })),
        ("warmup and cosine", "warmup", Box::new(WarmupCosine { peak, warmup, total, floor: 0.0 })),
        ("one cycle", "cycle", Box::new(OneCycle::new(peak, total))),
        ("thrice a tenth", "step", Box::new(Step { rate: peak, every: total.div_ceil(4), factor: 0.1 })),
        ("exponential to a hundredth", "exponential", Box::new(exponential)),
        ("straight to 0", "line", Box::new(Polynomial { rate: peak, total, power: 1.0 })),
        (
            "restarts",
            "restarts",
            Box::new(Restarts { peak, period: total.div_ceil(7), times: 2, floor: 0.0 }),
        ),
    ]
}

fn train(seed: u64, schedule: &dyn Schedule, train: &Labelled, test: &Labelled) -> f64 {
    let mut model = Mlp::new(&[784, 128, 128, 10], Activation::Relu, &mut Rng::new(seed, "init"));
    let mut shuffle = Rng::new(seed, "shuffle");
    let mut optimizer = AdamW::new();
    let criterion = CrossEntropy::default();
    let mut order: Vec<i64> = (0..EXAMPLES as i64).collect();
    for _ in 0..EPOCHS {
        shuffle.shuffle(&mut order);
        for rows in order.chunks_exact(BATCH) {
            let rows = Array::from_slice(rows, [BATCH]);
            let labels = train.1.index_select(0, &rows);
            zero_grad(&mut model);
            let logits = model.forward(train.0.index_select(0, &rows));
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            // The step that comes next has the number of the steps taken so far.
            let rate = schedule.rate(optimizer.steps());
            optimizer.step(&mut model, rate);
        }
    }
    accuracy(&model, &test.0, &test.1)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch10_schedules::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch10_schedules::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images, count: usize| {
        labelled_rows(&images.pixels[..784 * count], &images.labels[..count], mnist::STATISTICS)
    };
    let examples = EXAMPLES.min(data.train.len());
    assert_eq!(examples, EXAMPLES, "fewer examples than the experiment is made for");
    let (train_set, test_set) = (prepare(&data.train, examples), prepare(&data.test, data.test.len()));
    let total = (EPOCHS * (EXAMPLES / BATCH)) as u64;

    let mut record = Record::from_args("ch10_schedules");
    record.seed(0);
    record.text("data", mnist::name(&source));
    record.number("steps", total as f64);
    let mut curves: Vec<Vec<(f64, f64)>> = vec![Vec::new(); 8];
    for peak in PEAKS {
        for (i, (name, key, schedule)) in schedules(peak, total).into_iter().enumerate() {
            let runs: Vec<f64> =
                (0..SEEDS).map(|seed| train(seed, &*schedule, &train_set, &test_set)).collect();
            let mean = runs.iter().sum::<f64>() / runs.len() as f64;
            let worst = runs.iter().copied().fold(1.0, f64::min);
            println!("peak {peak:6}, {name:26} mean {:.2} %, worst {:.2} %", 100.0 * mean, 100.0 * worst);
            record.number(&format!("{key}_{peak}"), mean);
            record.number(&format!("{key}_{peak}_worst"), worst);
            curves[i].push((peak, 100.0 * mean));
        }
    }
    let names = schedules(1.0, total).map(|(name, _, _)| name);
    let rates: Vec<Series> = schedules(1.0, total)
        .iter()
        .map(|(name, _, schedule)| {
            Series::of_values(name, &(0..total).map(|s| schedule.rate(s)).collect::<Vec<f64>>())
        })
        .collect();
    let path = record.figure_path("ch10_rates");
    figure::lines(&path, "Eight schedules", "step", "rate / peak", &rates)?;
    let curves: Vec<Series> =
        names.iter().zip(curves).map(|(name, points)| Series::new(name, points).marked()).collect();
    let path = record.figure_path("ch10_schedules");
    figure::lines_log_x(
        &path,
        "Test accuracy by schedule",
        "peak rate",
        "accuracy (%), mean of three seeds",
        &curves,
    )?;
    let mut curves = Vec::new();
    for peak in &PEAKS[2..] {
        let mut points = Vec::new();
        for percent in [0, 1, 3, 10, 30] {
            let schedule = WarmupCosine { peak: *peak, warmup: total * percent / 100, total, floor: 0.0 };
            let runs: Vec<f64> =
                (0..SEEDS).map(|seed| train(seed, &schedule, &train_set, &test_set)).collect();
            let mean = runs.iter().sum::<f64>() / runs.len() as f64;
            println!("peak {peak:6}, warmup {percent:2} %: mean {:.2} %", 100.0 * mean);
            record.number(&format!("warmup_{percent}_{peak}"), mean);
            points.push((percent as f64, 100.0 * mean));
        }
        curves.push(Series::new(&format!("peak {peak}"), points).marked());
    }
    let path = record.figure_path("ch10_warmup");
    figure::lines(&path, "Warmup and cosine", "warmup (% of the steps)", "accuracy (%)", &curves)?;
    record.finish()?;
    Ok(())
}
