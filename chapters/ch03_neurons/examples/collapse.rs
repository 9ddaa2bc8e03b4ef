//! Layers without an activation are one layer: the same network with and without, along a line through its input.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng};
use ch03_neurons::{Activation, Mlp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_collapse");
    record.seed(2);
    let mut mlp = Mlp::<f64>::new(&[2, 32, 32, 1], Activation::Identity, 1.5, &mut Rng::new(2, "init"));
    let mut rng = Rng::new(2, "bias");
    for (_, bias) in &mut mlp.layers {
        *bias = Array::normal(*bias.shape(), 0.0, 0.7, &mut rng);
    }

    let x = Array::normal([1000, 2], 0.0, 1.0, &mut rng);
    let (deep, one) = (mlp.forward(x.clone()), mlp.collapse().forward(x));
    let difference = deep.iter().zip(one.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let count = |mlp: &Mlp<f64>| mlp.layers.iter().map(|(w, b)| w.size() + b.size()).sum::<usize>() as f64;
    record.number("parameters_deep", count(&mlp)).number("parameters_one", count(&mlp.collapse()));
    record.number("difference", difference);

    let t = Array::linspace(-3.0, 3.0, 601);
    let line = Array::from_fn([601, 2], |i| if i[1] == 0 { t[[i[0]]] } else { 0.5 * t[[i[0]]] });
    let mut series = Vec::new();
    for (name, activation) in
        [("none", Activation::Identity), ("ReLU", Activation::Relu), ("tanh", Activation::Tanh)]
    {
        let y = Mlp { activation, ..mlp.clone() }.forward(line.clone());
        series.push(Series::new(name, t.iter().zip(y.iter()).collect()));
    }
    let path = record.figure_path("ch03_collapse");
    lines(&path, "The same weights with three activations", "position along a line", "output", &series)?;
    Ok(record.finish()?)
}
