//! Checks exercise e05_lion.

#[allow(unused)]
#[path = "../exercises/e05_lion.rs"]
mod lion;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;
use ch09_optimizers::Optimizer;
use lion::Lion;

const RATE: f64 = 0.1;
const BETAS: (f64, f64) = (0.6, 0.9);
const START: [f64; 4] = [1.0, -2.0, 0.5, 3.0];
/// Each number's signs tell other programs apart; the last never has a gradient.
const GRADS: [[f64; 4]; 4] =
    [[-2.0, -0.5, -1.0, 0.0], [1.0, 0.3, -1.0, 0.0], [-1.0, 2.0, -0.05, 0.0], [0.5, -2.0, -0.5, 0.0]];

#[derive(Clone, Copy)]
struct Variant {
    /// The share of the mean in the direction, and what stays of it.
    betas: (f64, f64),
    sign: bool,
    /// The direction is that of the new mean.
    new_mean: bool,
    up: f64,
    decay: f64,
    decay_in_gradient: bool,
    rate_of_decay: f64,
}

const RIGHT: Variant = Variant {
    betas: BETAS,
    sign: true,
    new_mean: false,
    up: 1.0,
    decay: 0.0,
    decay_in_gradient: false,
    rate_of_decay: RATE,
};

fn by_hand(v: Variant) -> Vec<f64> {
    let one = |i: usize| {
        let (mut w, mut m) = (START[i], 0.0);
        for grads in GRADS {
            let g = grads[i] + if v.decay_in_gradient { v.decay * w } else { 0.0 };
            let mixed = v.betas.0 * m + (1.0 - v.betas.0) * g;
            m = v.betas.1 * m + (1.0 - v.betas.1) * g;
            let from = if v.new_mean { m } else { mixed };
            let sign = if from == 0.0 { 0.0 } else { from.signum() };
            if !v.decay_in_gradient {
                w *= 1.0 - v.rate_of_decay * v.decay;
            }
            w -= v.up * RATE * if v.sign { sign } else { from };
        }
        w
    };
    (0..4).map(one).collect()
}

fn trained(decay: f64) -> Vec<f64> {
    let mut optimizer = Lion::new().betas(BETAS.0, BETAS.1).weight_decay(decay);
    let mut module = Linear::from_parts(Array::from([START]), None);
    for grads in GRADS {
        module.weight.grad = Array::from([grads]);
        optimizer.step(&mut module, RATE);
    }
    module.weight.value.to_vec()
}

fn compare(what: &str, decay: f64, right: Variant, wrong: &[(&str, Variant)]) {
    let values: Vec<(&str, Vec<f64>)> = wrong.iter().map(|(m, v)| (*m, by_hand(*v))).collect();
    let mistakes: Vec<(&str, &[f64])> = values.iter().map(|(m, values)| (*m, &values[..])).collect();
    close(what, &trained(decay), &by_hand(right), 1e-12, &mistakes);
}

#[test]
fn four_steps_without_decay() {
    let wrong = [
        (
            "the direction is that of the new mean: mix with the first beta, and the old mean",
            Variant { new_mean: true, ..RIGHT },
        ),
        ("the betas are swapped", Variant { betas: (BETAS.1, BETAS.0), ..RIGHT }),
        (
            "the mean moves with the first beta too: that is the sign of plain momentum",
            Variant { betas: (BETAS.0, BETAS.0), ..RIGHT },
        ),
        ("the step has the size of the mixture: only its sign counts", Variant { sign: false, ..RIGHT }),
        ("moved along the gradient: the loss grows", Variant { up: -1.0, ..RIGHT }),
    ];
    compare("Lion", 0.0, RIGHT, &wrong);
}

#[test]
fn four_steps_with_decay() {
    let right = Variant { decay: 0.5, ..RIGHT };
    let wrong = [
        ("no decay", RIGHT),
        (
            "the decay is in the gradient, where the sign forgets its size",
            Variant { decay_in_gradient: true, ..right },
        ),
        ("the decay is not multiplied by the rate", Variant { rate_of_decay: 1.0, ..right }),
    ];
    compare("decay", 0.5, right, &wrong);
}
