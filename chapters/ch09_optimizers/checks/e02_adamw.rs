//! Checks exercise e02_adamw.

#[allow(unused)]
#[path = "../exercises/e02_adamw.rs"]
mod adamw;

use adamw::AdamW;
use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;
use ch09_optimizers::Optimizer;

const RATE: f64 = 0.1;
const BETAS: (f64, f64) = (0.8, 0.95);
const EPS: f64 = 0.05;
const DECAY: f64 = 0.5;
const START: [f64; 3] = [1.0, -2.0, 0.5];
const GRADS: [[f64; 3]; 3] = [[0.3, -0.1, 0.7], [0.2, 0.4, -0.5], [-0.6, 0.1, 0.9]];

/// What a step does, with everything that goes wrong as a switch.
#[derive(Clone, Copy)]
struct Variant {
    correct_mean: bool,
    correct_square: bool,
    eps_inside: bool,
    root: bool,
    /// Decay apart from the gradient, in the gradient, or none.
    decay: Decay,
    /// The same beta for both means.
    one_beta: bool,
    sign: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Decay {
    Apart,
    InGradient,
    WithoutRate,
    None,
}

const RIGHT: Variant = Variant {
    correct_mean: true,
    correct_square: true,
    eps_inside: false,
    root: true,
    decay: Decay::Apart,
    one_beta: false,
    sign: 1.0,
};

fn by_hand(v: Variant) -> Vec<f64> {
    let one = |i: usize| {
        let (mut w, mut mean, mut square) = (START[i], 0.0, 0.0);
        for (t, grads) in GRADS.iter().enumerate() {
            let t = t as i32 + 1;
            let g = grads[i] + if v.decay == Decay::InGradient { DECAY * w } else { 0.0 };
            w *= match v.decay {
                Decay::Apart => 1.0 - RATE * DECAY,
                Decay::WithoutRate => 1.0 - DECAY,
                _ => 1.0,
            };
            let beta = if v.one_beta { BETAS.0 } else { BETAS.1 };
            mean = BETAS.0 * mean + (1.0 - BETAS.0) * g;
            square = beta * square + (1.0 - beta) * g * g;
            let m = if v.correct_mean { mean / (1.0 - BETAS.0.powi(t)) } else { mean };
            let s = if v.correct_square { square / (1.0 - BETAS.1.powi(t)) } else { square };
            let below = match (v.root, v.eps_inside) {
                (true, true) => (s + EPS).sqrt(),
                (true, false) => s.sqrt() + EPS,
                (false, _) => s + EPS,
            };
            w -= v.sign * RATE * m / below;
        }
        w
    };
    (0..3).map(one).collect()
}

fn trained(decay: f64) -> Vec<f64> {
    let mut optimizer = AdamW::new().betas(BETAS.0, BETAS.1).eps(EPS).weight_decay(decay);
    let mut module = Linear::from_parts(Array::from([START]), None);
    for grads in GRADS {
        module.weight.grad = Array::from([grads]);
        optimizer.step(&mut module, RATE);
    }
    module.weight.value.to_vec()
}

#[test]
fn three_steps_without_decay() {
    let right = Variant { decay: Decay::None, ..RIGHT };
    let wrong = [
        (
            "neither mean is corrected for its beginning at 0",
            Variant { correct_mean: false, correct_square: false, ..right },
        ),
        ("the mean is not corrected for its beginning at 0", Variant { correct_mean: false, ..right }),
        (
            "the mean of squares is not corrected for its beginning at 0",
            Variant { correct_square: false, ..right },
        ),
        ("eps is inside the root, but belongs outside", Variant { eps_inside: true, ..right }),
        ("divided by the mean of squares, not by its root", Variant { root: false, ..right }),
        ("the mean of squares moves with the first beta", Variant { one_beta: true, ..right }),
        ("moved along the gradient: the loss grows", Variant { sign: -1.0, ..right }),
    ];
    let values = wrong.map(|(message, variant)| (message, by_hand(variant)));
    let mistakes: Vec<(&str, &[f64])> =
        values.iter().map(|(message, values)| (*message, &values[..])).collect();
    close("AdamW", &trained(0.0), &by_hand(right), 1e-12, &mistakes);
}

#[test]
fn three_steps_with_decay() {
    let wrong = [
        ("no decay", Decay::None),
        (
            "the decay is in the gradient, where it is divided by the root: that is Adam, not AdamW",
            Decay::InGradient,
        ),
        ("the decay is not multiplied by the rate", Decay::WithoutRate),
    ];
    let values = wrong.map(|(message, decay)| (message, by_hand(Variant { decay, ..RIGHT })));
    let mistakes: Vec<(&str, &[f64])> =
        values.iter().map(|(message, values)| (*message, &values[..])).collect();
    close("decay", &trained(DECAY), &by_hand(RIGHT), 1e-12, &mistakes);
}
