//! Four optimizers go down the same long valley: `cargo run --release -p ch09_optimizers --example paths`.
//!
//! The surface is `(x² + 40 y²) / 2`: forty times as steep across the valley as along it. All begin at the same place and
//! take the same number of steps. Plain descent and both momenta have the same rate, a little below the largest at which
//! all three are stable; AdamW has its own.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::Array;
use ch05_backprop::{Module, Param, Role, Visitor};
use ch09_optimizers::{AdamW, Optimizer, Sgd};

const STEEP: f64 = 40.0;
const START: [f64; 2] = [-4.0, 1.0];
const STEPS: usize = 40;
const RATE: f64 = 0.03;
const ADAM_RATE: f64 = 0.4;

/// A point that is trained.
struct Point(Param<f64>);

impl Module<f64> for Point {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("point", &mut self.0);
    }
}

fn height([x, y]: [f64; 2]) -> f64 {
    (x * x + STEEP * y * y) / 2.0
}

fn path(mut optimizer: Box<dyn Optimizer<f64>>, rate: f64) -> Vec<[f64; 2]> {
    let mut point = Point(Param::new(Array::from(START), Role::Weight));
    let mut path = vec![START];
    for _ in 0..STEPS {
        let at = [point.0.value[[0]], point.0.value[[1]]];
        point.0.grad = Array::from([at[0], STEEP * at[1]]);
        optimizer.step(&mut point, rate);
        path.push([point.0.value[[0]], point.0.value[[1]]]);
    }
    path
}

/// Ellipses of equal height, with a gap after each.
fn contours() -> Series {
    let mut points = Vec::new();
    for level in [0.5, 2.0, 5.0, 10.0, 18.0] {
        let (along, across) = ((2.0f64 * level).sqrt(), (2.0 * level / STEEP).sqrt());
        let around = (0..=120).map(|i| f64::from(i) * std::f64::consts::TAU / 120.0);
        points.extend(around.map(|turn| (along * turn.cos(), across * turn.sin())));
        points.push((f64::NAN, f64::NAN));
    }
    Series::new("", points)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch09_optimizers::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch09_optimizers::YOURS);
    }
    let mut record = Record::from_args("ch09_paths");
    type Run = (&'static str, &'static str, Box<dyn Optimizer<f64>>, f64);
    let runs: [Run; 4] = [
        ("gradient descent", "plain", Box::new(Sgd::new()), RATE),
        ("momentum", "momentum", Box::new(Sgd::new().momentum(0.8)), RATE),
        ("Nesterov", "nesterov", Box::new(Sgd::new().momentum(0.8).nesterov(true)), RATE),
        ("AdamW", "adamw", Box::new(AdamW::new().betas(0.8, 0.99).weight_decay(0.0)), ADAM_RATE),
    ];
    record.number("steps", STEPS as f64);
    record.number("rate", RATE);
    record.number("adamw_rate", ADAM_RATE);
    record.number("steep", STEEP);
    record.number("start", height(START));
    let mut curves = Vec::new();
    for (name, key, optimizer, rate) in runs {
        let path = path(optimizer, rate);
        let end = height(path[STEPS]);
        let arrived = path.iter().rposition(|&at| height(at) >= 0.01 * height(START)).map_or(0, |i| i + 1);
        println!("{name:18} height {end:9.2e} after {STEPS} steps, below 1 % for good from step {arrived}");
        record.number(&format!("{key}_height"), end);
        record.number(&format!("{key}_arrived"), arrived as f64);
        curves.push(Series::new(name, path.iter().map(|at| (at[0], at[1])).collect()).marked());
    }
    // Colours go by number, and the ninth is grey.
    curves.extend((4..8).map(|_| Series::new("", vec![])));
    curves.push(contours());
    let path = record.figure_path("ch09_paths");
    figure::lines(&path, "Forty steps down a long valley", "along the valley", "across", &curves)?;
    record.finish()?;
    Ok(())
}
