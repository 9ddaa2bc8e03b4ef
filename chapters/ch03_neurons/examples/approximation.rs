//! Universal approximation, built by hand: a ReLU network with one hidden layer that goes through any points of a curve.
//!
//! Each hidden unit is `relu(x - x_k)`: a ramp that begins at a node. Its output weight is the change of slope there.
//! Between nodes the network is a straight line, so its error is at most `h² max|f''| / 8` for nodes `h` apart.

use std::f64::consts::PI;

use ch00_start::Record;
use ch00_start::figure::{Series, lines, lines_log_log};
use ch01_tensors::Array;
use ch03_neurons::{Activation, Mlp};

/// The curve, on [0, 1].
fn curve(x: f64) -> f64 {
    (2.0 * PI * x).sin() + 0.5 * (7.0 * PI * x).cos()
}

// ANCHOR: ramps
/// A network of `units` ramps that equals `f` at `0, 1/units, 2/units, …, 1`.
fn ramps(units: usize, f: impl Fn(f64) -> f64) -> Mlp<f64> {
    let h = 1.0 / units as f64;
    let slope = |k: usize| (f((k + 1) as f64 * h) - f(k as f64 * h)) / h;
    let change = |k: usize| if k == 0 { slope(0) } else { slope(k) - slope(k - 1) };
    Mlp {
        layers: vec![
            (Array::ones([units, 1]), Array::from_fn([units], |k| -(k[0] as f64) * h)),
            (Array::from_fn([1, units], |k| change(k[1])), Array::from([f(0.0)])),
        ],
        activation: Activation::Relu,
    }
}
// ANCHOR_END: ramps

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_approximation");
    let x = Array::linspace(0.0, 1.0, 2001);
    let of = |mlp: &Mlp<f64>| mlp.forward(x.clone().unsqueeze(1)).to_vec();
    let points = |y: &[f64]| -> Vec<(f64, f64)> { x.iter().zip(y.iter().copied()).collect() };

    let exact: Vec<f64> = x.iter().map(curve).collect();
    let mut series = vec![Series::new("curve", points(&exact)).dashed()];
    for units in [4, 8, 16] {
        series.push(Series::new(&format!("{units} units"), points(&of(&ramps(units, curve)))));
    }
    let path = record.figure_path("ch03_approximation");
    lines(&path, "A hidden layer of ramps", "x", "y", &series)?;

    // |f''| <= (2π)² + (7π)² / 2.
    let bend = (2.0 * PI).powi(2) + 0.5 * (7.0 * PI).powi(2);
    let (mut errors, mut bounds) = (Vec::new(), Vec::new());
    for units in [4, 8, 16, 32, 64, 128, 256] {
        let y = of(&ramps(units, curve));
        let error = y.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        record.number(&format!("error_{units}"), error);
        errors.push((units as f64, error));
        bounds.push((units as f64, bend / (8.0 * (units * units) as f64)));
    }
    let (last, before) = (errors[errors.len() - 1].1, errors[errors.len() - 2].1);
    record.number("ratio", before / last);
    let path = record.figure_path("ch03_approximation_error");
    let series = [Series::new("largest error", errors).marked(), Series::new("bound", bounds).dashed()];
    lines_log_log(&path, "Twice the units, a quarter of the error", "hidden units", "error", &series)?;
    Ok(record.finish()?)
}
