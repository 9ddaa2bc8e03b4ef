//! How a small change of the input fades on its way through deep networks: sigmoid against tanh and ReLU.
//!
//! No derivative is needed: the input is nudged, and the changes of all layers are measured.

use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_y};
use ch01_tensors::{Array, Rng};
use ch03_neurons::{Activation, Mlp};

/// The length of the change of each hidden layer per length of the change of the input, over a batch.
fn sensitivity(mlp: &Mlp<f64>, x: &Array<f64>, nudge: &Array<f64>) -> Vec<f64> {
    let length = |x: &Array<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (before, after) = (mlp.trace(x), mlp.trace(&(x + nudge)));
    let hidden = mlp.layers.len() - 1;
    let change = |i: usize| length(&(&after[i].after - &before[i].after)) / length(nudge);
    (0..hidden).map(change).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_saturation");
    record.seed(0);
    let sizes = [128; 22];
    let x = Array::normal([64, 128], 0.0, 1.0, &mut Rng::new(0, "data"));
    let nudge = Array::normal([64, 128], 0.0, 1e-2, &mut Rng::new(0, "nudge"));
    let mut series = Vec::new();
    for (name, key, activation, gain) in [
        ("sigmoid, gain 1", "sigmoid", Activation::Sigmoid, 1.0),
        ("sigmoid, gain 8", "sigmoid_8", Activation::Sigmoid, 8.0),
        ("tanh, gain 1", "tanh", Activation::Tanh, 1.0),
        ("ReLU, gain √2", "relu", Activation::Relu, 2f64.sqrt()),
    ] {
        let mlp = Mlp::new(&sizes, activation, gain, &mut Rng::new(0, "init"));
        let change = sensitivity(&mlp, &x, &nudge);
        record.number(&format!("{key}_layer_1"), change[0]);
        record.number(&format!("{key}_layer_20"), change[19]);
        series.push(
            Series::new(name, change[..20].iter().enumerate().map(|(i, &c)| (i as f64 + 1.0, c)).collect())
                .marked(),
        );
        if activation == Activation::Sigmoid {
            // Units nearer than 0.01 to 0 or 1: their slope is below 0.01.
            let first = &mlp.trace(&x)[0].after;
            let saturated = first.iter().filter(|y| !(0.01..=0.99).contains(y)).count() as f64;
            record.number(&format!("{key}_saturated"), saturated / first.size() as f64);
        }
    }
    let path = record.figure_path("ch03_saturation");
    lines_log_y(&path, "A nudge of the input, seen from each layer", "hidden layer", "change", &series)?;
    Ok(record.finish()?)
}
