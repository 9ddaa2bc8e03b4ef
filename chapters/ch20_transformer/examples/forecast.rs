//! A patch Transformer against naive forecasts: `cargo run --release -p ch20_transformer --example forecast`.
//!
//! Hourly series with a day, a week, a slow drift and noise, each with its own level, size and phase. Two days are to be
//! forecast from two weeks. The naive seasonal forecast says "as 24 hours (168 hours) before", which is hard to beat as long as
//! nothing else is known. The Transformer is trained on other series, and tested on ones that it has never seen.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::{Reduction, mse_backward};
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch20_transformer::{PatchConfig, PatchForecaster, scale_window};

const DAY: usize = 24;
const WEEK: usize = 168;
const TIME: usize = 2 * WEEK;
const HORIZON: usize = 2 * DAY;
const BATCH: usize = 32;
const STEPS: u64 = 600;
const TEST: usize = 400;

// ANCHOR: series
/// Windows `[count, TIME + HORIZON]` of as many series: a day of two waves, a week in which two days are quieter, a drift, and
/// noise, around any level and of any size.
fn series(count: usize, rng: &mut Rng) -> Tensor {
    let mut rows = Vec::with_capacity(count * (TIME + HORIZON));
    for _ in 0..count {
        let (level, size) = (100.0 * rng.normal(), (1.5 * rng.normal()).exp());
        let (hour, day) = (rng.below(DAY), rng.below(7));
        let [first, second, weekend, noise] =
            [0.5 + rng.uniform(), rng.uniform(), rng.uniform(), 0.3 * rng.uniform()];
        let mut drift = 0.0;
        for t in 0..TIME + HORIZON {
            drift += 0.02 * rng.normal();
            let angle = std::f64::consts::TAU * ((t + hour) % DAY) as f64 / DAY as f64;
            let quiet = if ((t + hour) / DAY + day) % 7 < 2 { 1.0 - weekend } else { 1.0 };
            let value =
                quiet * (first * angle.sin() + second * (2.0 * angle).cos()) + drift + noise * rng.normal();
            rows.push((level + size * value) as f32);
        }
    }
    Tensor::from_slice(&rows, [count, TIME + HORIZON])
}
// ANCHOR_END: series

/// Inputs and what follows them, both scaled by the inputs' mean and deviation.
fn windows(all: &Tensor) -> (Tensor, Tensor) {
    let (x, mean, deviation) = scale_window(&all.narrow(1, 0, TIME).contiguous());
    (x, (all.narrow(1, TIME, HORIZON).contiguous() - &mean) / &deviation)
}

/// The value `period` hours before, again and again.
fn naive(x: &Tensor, period: usize) -> Tensor {
    Array::from_fn([x.dim(0), HORIZON], |i| x[[i[0], TIME - period + i[1] % period]])
}

fn error(forecast: &Tensor, truth: &Tensor) -> f64 {
    f64::from((forecast - truth).map(|d| d * d).mean_all())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch20_forecast");
    let config = PatchConfig {
        time: TIME,
        horizon: HORIZON,
        patch: DAY,
        stride: DAY / 2,
        size: 64,
        heads: 4,
        layers: 2,
        feed_forward: 128,
        dropout: 0.0,
    };
    let mut model = PatchForecaster::new(&config, &mut Rng::new(0, "weights"));
    let mut optimizer = AdamW::new();
    let test = series(TEST, &mut Rng::new(0, "test"));
    let (x, truth) = windows(&test);
    let rng = &mut Rng::new(0, "train");
    let mut curve = Vec::new();
    for step in 0..STEPS {
        let (input, target) = windows(&series(BATCH, rng));
        zero_grad(&mut model);
        let forecast = model.forward(input);
        model.backward(mse_backward(&Array::scalar(1.0), &forecast, &target, Reduction::Mean));
        clip_grad_norm(&mut model, 1.0);
        let warmup = ((step + 1) as f64 / 50.0).min(1.0);
        let rest = 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / STEPS as f64).cos());
        optimizer.step(&mut model, 1e-3 * warmup * rest);
        if (step + 1) % 50 == 0 {
            curve.push(error(&model.infer(x.clone()), &truth));
            println!("step {:4}: test error {:.4}", step + 1, curve[curve.len() - 1]);
        }
    }
    let forecast = model.infer(x.clone());
    let methods = [
        ("transformer", forecast.clone()),
        ("daily", naive(&x, DAY)),
        ("weekly", naive(&x, WEEK)),
        ("mean", truth.zeros_like()),
    ];
    for (name, forecast) in &methods {
        record.number(&format!("{name}_error"), error(forecast, &truth));
    }
    record.seed(0).number("steps", STEPS as f64).number("batch", BATCH as f64).series("test_error", &curve);
    record.number("patches", config.patches() as f64).number("series", TEST as f64);

    // The first test series: the last four days, and the two that follow.
    let seen = 4 * DAY;
    let line = |name: &str, from: i64, values: Vec<f32>| {
        let points = values.iter().enumerate().map(|(i, &y)| ((from + i as i64) as f64, f64::from(y)));
        Series::new(name, points.collect())
    };
    let row = |of: &Tensor, start: usize, length: usize| of.narrow(0, 0, 1).narrow(1, start, length).to_vec();
    let all = [row(&x, TIME - seen, seen), row(&truth, 0, HORIZON)].concat();
    let drawn = [
        line("series", -(seen as i64), all),
        line("Transformer", 0, row(&forecast, 0, HORIZON)),
        line("as a week before", 0, row(&methods[2].1, 0, HORIZON)).dashed(),
    ];
    let path = record.figure_path("ch20_forecast");
    lines(&path, "A series, and two forecasts of its next two days", "hours", "scaled value", &drawn)?;
    record.finish()?;
    Ok(())
}
