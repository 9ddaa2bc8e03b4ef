//! Forecasts a series 24 steps ahead: `cargo run --release -p ch18_recurrent --example forecast`.
//!
//! The series has a period of 24, whose height swells and fades over about 250 steps, and noise that lasts for some steps. An
//! LSTM reads 96 steps and says the next 24 at once. It is compared with the seasonal naive forecast, the value 24 steps before,
//! and with the last value. Trained on the first 80 %, tested on the rest.

use std::f64::consts::TAU;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Module, Visitor, zero_grad};
use ch09_optimizers::{AdamW, Optimizer, clip_grad_norm};
use ch10_schedules::{Schedule, WarmupCosine};
use ch18_recurrent::{Lstm, RecurrentConfig, State};

const LENGTH: usize = 6000;
const READ: usize = 96;
const HORIZON: usize = 24;
const PERIOD: usize = 24;
const BATCH: usize = 64;
const STEPS: u64 = 800;

fn series() -> Vec<f32> {
    let (mut rng, mut noise) = (Rng::new(0, "series"), 0.0);
    (0..LENGTH)
        .map(|t| {
            noise = 0.8 * noise + 0.1 * rng.normal();
            let height = 1.0 + 0.6 * (TAU * t as f64 / 250.0).sin();
            (height * (TAU * t as f64 / PERIOD as f64).sin() + noise) as f32
        })
        .collect()
}

// ANCHOR: model
/// An LSTM whose last state says the whole horizon.
struct Forecaster {
    lstm: Lstm,
    head: Linear,
}

impl Forecaster {
    /// `[batch, READ, 1]` to `[batch, HORIZON]`.
    fn forward(&mut self, x: &Tensor) -> Tensor {
        let (_, last) = self.lstm.forward_with(x, None, None);
        self.head.forward(last.hidden.slice(0))
    }

    fn backward(&mut self, grad: Tensor) {
        let hidden = self.head.backward(grad).unsqueeze(0);
        let outputs = Tensor::zeros([hidden.dim(1), READ, hidden.dim(2)]);
        let state = State { cell: Some(hidden.zeros_like()), hidden };
        self.lstm.backward_with(&outputs, Some(&state));
    }

    fn infer(&self, x: &Tensor) -> Tensor {
        let (_, last) = self.lstm.infer_with(x, None, None);
        self.head.infer(last.hidden.slice(0))
    }
}
// ANCHOR_END: model

impl Module for Forecaster {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("lstm", &mut self.lstm);
        visitor.child("head", &mut self.head);
    }
}

/// What is read and what comes next, for windows that begin at these places.
fn windows(series: &[f32], begins: &[usize]) -> (Tensor, Tensor) {
    let x = Array::from_fn([begins.len(), READ, 1], |at| series[begins[at[0]] + at[1]]);
    (x, Array::from_fn([begins.len(), HORIZON], |at| series[begins[at[0]] + READ + at[1]]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch18_forecast");
    let (series, split) = (series(), LENGTH * 4 / 5);
    let rng = &mut Rng::new(0, "weights");
    let mut model = Forecaster {
        lstm: Lstm::new(&RecurrentConfig::new(1, 48), rng),
        head: Linear::new(48, HORIZON, rng),
    };
    model.lstm.set_forget_bias(1.0);
    let mut optimizer = AdamW::new();
    let schedule = WarmupCosine { peak: 5e-3, warmup: 40, total: STEPS, floor: 0.0 };
    let mut draw = Rng::new(0, "windows");
    for step in 0..STEPS {
        let begins: Vec<usize> = (0..BATCH).map(|_| draw.below(split - READ - HORIZON)).collect();
        let (x, y) = windows(&series, &begins);
        zero_grad(&mut model);
        let error = model.forward(&x) - &y;
        // The mean of the squares.
        let loss = (&error * &error).mean_all();
        model.backward(error * (2.0 / (BATCH * HORIZON) as f32));
        clip_grad_norm(&mut model, 1.0);
        optimizer.step(&mut model, schedule.rate(step));
        if (step + 1) % 200 == 0 {
            println!("step {}: mean square {loss:.4}", step + 1);
        }
    }
    let begins: Vec<usize> = (split..LENGTH - READ - HORIZON).collect();
    let (x, y) = windows(&series, &begins);
    let said = model.infer(&x);
    let error = |guess: &dyn Fn(usize, usize) -> f32| -> Vec<f64> {
        let of =
            |h: usize| (0..begins.len()).map(|b| f64::from((guess(b, h) - y[[b, h]]).abs())).sum::<f64>();
        (0..HORIZON).map(|h| of(h) / begins.len() as f64).collect()
    };
    let naive = |b: usize, h: usize| x[[b, READ - PERIOD + h, 0]];
    let curves = [
        ("lstm", "LSTM", error(&|b, h| said[[b, h]])),
        ("seasonal", "24 steps before", error(&naive)),
        ("last", "last value", error(&|b, _| x[[b, READ - 1, 0]])),
    ];
    let ahead: Vec<f64> = (1..=HORIZON).map(|h| h as f64).collect();
    let mut lines = Vec::new();
    for (key, name, curve) in &curves {
        let mean = curve.iter().sum::<f64>() / HORIZON as f64;
        println!(
            "{name:16} mean error {mean:.3}; one step ahead {:.3}, {HORIZON} ahead {:.3}",
            curve[0],
            curve[HORIZON - 1]
        );
        record
            .number(key, mean)
            .number(&format!("{key}_1"), curve[0])
            .number(&format!("{key}_24"), curve[HORIZON - 1]);
        lines.push(Series::of_pairs(name, &ahead, curve));
    }
    record.seed(0).number("steps", STEPS as f64);
    let path = record.figure_path("ch18_forecast_error");
    figure::lines(&path, "Error of forecasts", "steps ahead", "mean absolute error", &lines)?;
    let shown = 340;
    let at = |h: usize| (READ + h) as f64;
    let truth = (0..READ + HORIZON).map(|t| (t as f64, f64::from(series[begins[shown] + t]))).collect();
    let ours = (0..HORIZON).map(|h| (at(h), f64::from(said[[shown, h]]))).collect();
    let theirs = (0..HORIZON).map(|h| (at(h), f64::from(naive(shown, h)))).collect();
    let lines = [
        Series::new("series", truth),
        Series::new("LSTM", ours),
        Series::new("24 steps before", theirs).dashed(),
    ];
    let path = record.figure_path("ch18_forecast");
    figure::lines(&path, "One forecast", "step", "value", &lines)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
