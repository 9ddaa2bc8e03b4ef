//! Shapes and statistics of every layer of a deep MLP, before training, for several activations and sizes of weights.

use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_y};
use ch01_tensors::{Rng, Tensor};
use ch03_neurons::{Activation, Mlp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_statistics");
    record.seed(0);
    let mut sizes = vec![64];
    sizes.extend([256; 10]);
    sizes.push(10);
    let x = Tensor::normal([512, 64], 0.0, 1.0, &mut Rng::new(0, "data"));
    let mut series = Vec::new();
    for (name, key, activation, gain) in [
        ("ReLU, gain 1", "relu_1", Activation::Relu, 1.0),
        ("ReLU, gain √2", "relu_2", Activation::Relu, 2f64.sqrt()),
        ("tanh, gain 1", "tanh", Activation::Tanh, 1.0),
        ("SELU, gain 1", "selu", Activation::Selu, 1.0),
        ("sigmoid, gain 1", "sigmoid", Activation::Sigmoid, 1.0),
    ] {
        let mlp = Mlp::new(&sizes, activation, gain, &mut Rng::new(0, "init"));
        println!("{name}\n  layer        output    mean     std   exactly 0");
        let mut spreads = Vec::new();
        for (index, trace) in mlp.trace(&x).iter().enumerate() {
            let (h, n) = (&trace.after, trace.after.size() as f64);
            let mean = f64::from(h.mean_all());
            // How much a unit varies from example to example: the part that carries the input.
            let std = f64::from((h - h.mean(0, true)).map(|d| d * d).mean_all().sqrt());
            let zeros = h.iter().filter(|&h| h == 0.0).count() as f64 / n;
            println!("  {index:5}  {:?}  {mean:8.4}  {std:.5}  {:5.1} %", h.shape(), 100.0 * zeros);
            if index < 10 {
                spreads.push((index as f64 + 1.0, std));
                if index == 9 {
                    record.number(&format!("{key}_mean"), mean).number(&format!("{key}_std"), std);
                    record.number(&format!("{key}_zeros"), zeros);
                }
            }
        }
        series.push(Series::new(name, spreads).marked());
    }
    let path = record.figure_path("ch03_statistics");
    lines_log_y(&path, "How much of the input is left", "hidden layer", "std over examples", &series)?;
    Ok(record.finish()?)
}
