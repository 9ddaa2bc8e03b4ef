//! Checks exercise e05_chunks.

#[allow(unused)]
#[path = "../exercises/e05_chunks.rs"]
mod chunks;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, for_each_param, zero_grad};
use ch18_recurrent::{Gru, RecurrentConfig};
use chunks::{backward_chunks, forward_chunks};

const TIME: usize = 7;
const LENGTH: usize = 3;

fn numbers(columns: usize, seed: u64) -> Array<f64> {
    Array::normal([2, TIME, columns], 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

fn weight_gradient(net: &mut Gru<f64>) -> Vec<f64> {
    let mut found = Vec::new();
    for_each_param(net, |path, param| {
        if path.to_string() == "weight_hh_l0" {
            found = param.grad.to_vec();
        }
    });
    zero_grad(net);
    found
}

/// What the chunks give if no gradient is carried: each is a sequence of its own that begins with a given state.
fn cut(net: &mut Gru<f64>, x: &Array<f64>, grad: &Array<f64>) -> (Vec<f64>, Vec<f64>) {
    let (mut state, mut inputs) = (None, Vec::new());
    for from in (0..TIME).step_by(LENGTH) {
        let part = |array: &Array<f64>| array.narrow(1, from, LENGTH.min(TIME - from));
        let (_, last) = net.forward_with(&part(x), state.as_ref(), None);
        inputs.push(net.backward_with(&part(grad), None).0);
        state = Some(last);
    }
    let dx = Array::concat(&inputs.iter().collect::<Vec<_>>(), 1);
    (dx.to_vec(), weight_gradient(net))
}

#[test]
fn gradients() {
    let mut net = Gru::new(&RecurrentConfig::new(2, 3), &mut Rng::new(1, "weights")).to_f64();
    let (x, grad) = (numbers(2, 1), numbers(3, 2));
    net.forward(x.clone());
    let (dx, dw) = (net.backward(grad.clone()).to_vec(), weight_gradient(&mut net));
    let (cut_dx, cut_dw) = cut(&mut net, &x, &grad);
    for (what, truncate, want, other) in [
        ("carried on", false, (&dx, &dw), (&cut_dx, &cut_dw)),
        ("truncated", true, (&cut_dx, &cut_dw), (&dx, &dw)),
    ] {
        let message = if truncate {
            "the gradient went on to the chunk before"
        } else {
            "the gradient of the state did not reach the chunk before"
        };
        forward_chunks(&mut net, &x, LENGTH);
        let got = backward_chunks(&mut net, &grad, LENGTH, truncate).to_vec();
        let got_weight = weight_gradient(&mut net);
        close(&format!("{what}: input"), &got, want.0, 1e-12, &[(message, other.0)]);
        close(&format!("{what}: weights"), &got_weight, want.1, 1e-12, &[(message, other.1)]);
    }
}
