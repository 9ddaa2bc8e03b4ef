//! All activations and their slopes, drawn; and the numbers the page quotes about them.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::Array;
use ch03_neurons::{Activation, gelu, gelu_tanh, sigmoid, silu, softmax};

/// Name for files, title, and the curves with their labels.
type Family<'a> = (&'a str, &'a str, &'a [(&'a str, Activation)]);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_activations");
    let x = Array::<f64>::linspace(-5.0, 5.0, 1001);
    let families: [Family; 3] = [
        (
            "kinked",
            "Bent at 0",
            &[
                ("ReLU", Activation::Relu),
                ("leaky ReLU, slope 0.1", Activation::LeakyRelu { slope: 0.1 }),
                ("ELU", Activation::Elu { alpha: 1.0 }),
                ("SELU", Activation::Selu),
            ],
        ),
        (
            "smooth",
            "Gated: x times a number from 0 to 1, and softplus",
            &[
                ("GELU", Activation::Gelu),
                ("SiLU", Activation::Silu),
                ("hard-swish", Activation::HardSwish),
                ("softplus", Activation::Softplus { beta: 1.0, threshold: 20.0 }),
            ],
        ),
        ("bounded", "Bounded", &[("sigmoid", Activation::Sigmoid), ("tanh", Activation::Tanh)]),
    ];
    for (name, title, activations) in families {
        let mut curves = Vec::new();
        let mut slopes = Vec::new();
        for &(label, activation) in activations {
            let y = activation.forward(x.clone());
            let slope = activation.backward(x.ones_like(), &x);
            curves.push(Series::new(label, x.iter().zip(y.iter()).collect()));
            slopes.push(Series::new(label, x.iter().zip(slope.iter()).collect()));
        }
        let path = record.figure_path(&format!("ch03_activations_{name}"));
        lines(&path, title, "x", "y", &curves)?;
        let path = record.figure_path(&format!("ch03_slopes_{name}"));
        lines(&path, &format!("{title}: slopes"), "x", "dy/dx", &slopes)?;
    }

    // The lowest point of the gated ones, and how far GELU's two forms are apart.
    let fine = Array::<f64>::linspace(-6.0, 6.0, 1_200_001);
    for (name, y) in [("gelu", gelu(fine.clone())), ("silu", silu(fine.clone()))] {
        let lowest = (0..fine.size()).min_by(|&a, &b| y[[a]].total_cmp(&y[[b]])).expect("points");
        record
            .number(&format!("{name}_lowest"), y[[lowest]])
            .number(&format!("{name}_lowest_at"), fine[[lowest]]);
    }
    let apart = (gelu(fine.clone()) - gelu_tanh(fine)).abs();
    record.number("gelu_forms_apart", apart.max(.., false).item());

    // Logits taken for probabilities.
    record.number("probability_at_logit_half", sigmoid(Array::from([0.5])).item());
    let p = softmax(Array::from([2.0, 1.0, -1.0]), -1);
    for (i, p) in p.iter().enumerate() {
        record.number(&format!("softmax_{i}"), p);
    }
    Ok(record.finish()?)
}
