//! Checks exercise e01_sgd.

#[allow(unused)]
#[path = "../exercises/e01_sgd.rs"]
mod sgd;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;
use ch09_optimizers::Optimizer;
use sgd::Sgd;

const RATE: f64 = 0.1;
const MOMENTUM: f64 = 0.8;
const DECAY: f64 = 0.25;
const START: [f64; 3] = [1.0, -2.0, 0.5];
const GRADS: [[f64; 3]; 3] = [[0.3, -0.1, 0.7], [0.2, 0.4, -0.5], [-0.6, 0.1, 0.9]];

/// The values after three steps of a rule that is given value, gradient and running sum, and returns the new value.
fn by_hand(step: impl Fn(f64, f64, &mut f64) -> f64) -> Vec<f64> {
    let one = |i: usize| {
        let (mut value, mut sum) = (START[i], 0.0);
        for grads in GRADS {
            value = step(value, grads[i], &mut sum);
        }
        value
    };
    (0..3).map(one).collect()
}

fn trained(mut optimizer: Sgd<f64>) -> Vec<f64> {
    let mut module = Linear::from_parts(Array::from([START]), None);
    for grads in GRADS {
        module.weight.grad = Array::from([grads]);
        optimizer.step(&mut module, RATE);
    }
    module.weight.value.to_vec()
}

fn mean(w: f64, g: f64, b: &mut f64) -> f64 {
    *b = MOMENTUM * *b + (1.0 - MOMENTUM) * g;
    w - RATE * *b
}

fn momentum(w: f64, g: f64, b: &mut f64) -> f64 {
    *b = MOMENTUM * *b + g;
    w - RATE * *b
}

fn nesterov(w: f64, g: f64, b: &mut f64) -> f64 {
    *b = MOMENTUM * *b + g;
    w - RATE * (g + MOMENTUM * *b)
}

#[test]
fn momentum_is_a_running_sum() {
    let plain = by_hand(|w, g, _| w - RATE * g);
    let uphill = by_hand(|w, g, b| {
        *b = MOMENTUM * *b + g;
        w + RATE * *b
    });
    let rate_inside = by_hand(|w, g, b| {
        *b = MOMENTUM * *b + RATE * g;
        w - RATE * *b
    });
    let mean = by_hand(mean);
    let mistakes: [(&str, &[f64]); 4] = [
        ("a running mean: PyTorch adds the whole gradient to the sum, not (1 - momentum) of it", &mean),
        ("the running sum is not used, or not kept", &plain),
        ("moved along the gradient: the loss grows", &uphill),
        ("the rate acts twice, in the sum and in the step", &rate_inside),
    ];
    close("momentum", &trained(Sgd::new().momentum(MOMENTUM)), &by_hand(momentum), 1e-12, &mistakes);
}

#[test]
fn nesterov_looks_ahead() {
    let plain = by_hand(momentum);
    let whole = by_hand(|w, g, b| {
        *b = MOMENTUM * *b + g;
        w - RATE * (g + *b)
    });
    let mistakes: [(&str, &[f64]); 2] = [
        // With the old sum, too: g + momentum * old is the new sum.
        ("the same as without Nesterov: look ahead along the new sum, not the one before", &plain),
        ("the running sum is added whole, without the momentum before it", &whole),
    ];
    let got = trained(Sgd::new().momentum(MOMENTUM).nesterov(true));
    close("nesterov", &got, &by_hand(nesterov), 1e-12, &mistakes);
}

#[test]
fn decay_goes_into_the_gradient() {
    let want = by_hand(|w, g, b| momentum(w, g + DECAY * w, b));
    let none = by_hand(momentum);
    let apart = by_hand(|w, g, b| momentum(w, g, b) - RATE * DECAY * w);
    let grows = by_hand(|w, g, b| momentum(w, g - DECAY * w, b));
    let mistakes: [(&str, &[f64]); 3] = [
        ("no decay", &none),
        ("the decay is not in the running sum: SGD adds it to the gradient first", &apart),
        ("the decay pushes away from 0", &grows),
    ];
    let got = trained(Sgd::new().momentum(MOMENTUM).weight_decay(DECAY));
    close("weight decay", &got, &want, 1e-12, &mistakes);
}
