//! How much of a gradient is left after 200 steps: `cargo run --release -p ch18_recurrent --example gradients`.
//!
//! The loss is the sum of the last state. What is shown is the length of its gradient with respect to the input of each step,
//! relative to that of the last step. In f64, since the smallest numbers are below what f32 holds.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::for_each_param;
use ch09_optimizers::clip_grad_norm;
use ch18_recurrent::{Gru, Kind, Lstm, Nonlinearity, Recurrent, RecurrentConfig, Rnn};

const HIDDEN: usize = 32;
const TIME: usize = 200;

/// The gradient of each step's input, the last step first, relative to it. The gradients of the parameters stay in the
/// network.
fn reach<K: Kind>(net: &mut Recurrent<K, f64>) -> Vec<f64> {
    let x = Array::normal([8, TIME, 4], 0.0, 0.1, &mut Rng::new(1, "inputs"));
    let (y, _) = net.forward_with(&x, None, None);
    let mut grad = y.zeros_like();
    grad.assign_slice((.., -1), &Array::ones([8, HIDDEN]));
    let (dx, _) = net.backward_with(&grad, None);
    let length = |t: usize| (&dx.slice((.., t)) * &dx.slice((.., t))).sum_all().sqrt();
    (0..TIME).rev().map(|t| length(t) / length(TIME - 1)).collect()
}

fn rng() -> Rng {
    Rng::new(0, "weights")
}

/// A plain network whose recurrent weights are a multiple of the identity.
fn rnn(nonlinearity: Nonlinearity, factor: Option<f32>) -> Rnn<f64> {
    let mut net = Rnn::new(nonlinearity, &RecurrentConfig::new(4, HIDDEN), &mut rng());
    if let Some(factor) = factor {
        for_each_param(&mut net, |path, param| match path.to_string().as_str() {
            "weight_hh_l0" => param.value = Tensor::eye(HIDDEN) * factor,
            "weight_ih_l0" => {}
            _ => param.value = param.value.zeros_like(),
        });
    }
    net.to_f64()
}

fn lstm(forget_bias: f32) -> Lstm<f64> {
    let mut net = Lstm::new(&RecurrentConfig::new(4, HIDDEN), &mut rng());
    net.set_forget_bias(forget_bias);
    net.to_f64()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch18_gradients");
    record.seed(0).number("time", TIME as f64);
    let mut exploding = rnn(Nonlinearity::Relu, Some(1.05));
    let gru = &mut Gru::new(&RecurrentConfig::new(4, HIDDEN), &mut rng()).to_f64();
    let curves = [
        ("relu", "RNN, ReLU, 1.05 times the identity", reach(&mut exploding)),
        ("lstm5", "LSTM, forget bias 5", reach(&mut lstm(5.0))),
        (
            "tanh_identity",
            "RNN, tanh, 0.95 times the identity",
            reach(&mut rnn(Nonlinearity::Tanh, Some(0.95))),
        ),
        ("lstm1", "LSTM, forget bias 1", reach(&mut lstm(1.0))),
        ("gru", "GRU", reach(gru)),
        ("lstm0", "LSTM, forget bias 0", reach(&mut lstm(0.0))),
        ("tanh", "RNN, tanh, PyTorch's first weights", reach(&mut rnn(Nonlinearity::Tanh, None))),
    ];
    let mut series = Vec::new();
    for (key, name, curve) in &curves {
        println!("{name:40} after 20 steps {:9.1e}, after 199 {:9.1e}", curve[20], curve[TIME - 1]);
        record.number(&format!("{key}_20"), curve[20]).number(&format!("{key}_199"), curve[TIME - 1]);
        // What is smaller is left out of the figure.
        let shown = |&x: &f64| if x < 1e-30 { f64::NAN } else { x };
        series.push(Series::of_values(name, &curve.iter().map(shown).collect::<Vec<_>>()));
    }
    let before = clip_grad_norm(&mut exploding, 1.0);
    let after = clip_grad_norm(&mut exploding, 1.0);
    println!("exploding network: length of the gradient {before:.1e}, clipped to {after:.3}");
    record.number("norm_before", before).number("norm_after", after);
    let path = record.figure_path("ch18_gradients");
    figure::lines_log_y(
        &path,
        "What is left of the gradient",
        "steps back",
        "relative to the last step",
        &series,
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
