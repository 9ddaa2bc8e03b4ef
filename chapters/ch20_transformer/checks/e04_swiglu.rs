//! Checks exercise e04_swiglu.

#[allow(unused)]
#[path = "../exercises/e04_swiglu.rs"]
mod swiglu;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch02_matmul::matmul;
use ch03_neurons::{numerical_gradient, silu, silu_backward};
use ch05_backprop::Layer;
use swiglu::SwiGlu;

fn random(seed: u64) -> Array<f64> {
    Array::normal([2, 3], 0.0, 1.0, &mut Rng::new(seed, "check"))
}

#[test]
fn forward_and_backward() {
    let mut layer = SwiGlu::new(3, 4, &mut Rng::new(0, "check")).to_f64();
    let [gate, up, down] =
        [&layer.gate_proj, &layer.up_proj, &layer.down_proj].map(|linear| linear.weight.value.clone());
    let times = |x: Array<f64>, w: &Array<f64>| matmul(&x, &w.clone().t());
    let plain = |x: &Array<f64>| times(silu(times(x.clone(), &gate)) * &times(x.clone(), &up), &down);
    let (x, g) = (random(1), random(2));
    let swapped = times(silu(times(x.clone(), &up)) * &times(x.clone(), &gate), &down).to_vec();
    let mistakes: [(&str, &[f64]); 1] = [("the activation stands on the values, not on the gate", &swapped)];
    close("forward", &layer.forward(x.clone()).to_vec(), &plain(&x).to_vec(), 1e-12, &mistakes);

    // Each factor by itself moves, the other stands still.
    let (fixed_gate, fixed_up) = (silu(times(x.clone(), &gate)), times(x.clone(), &up));
    let values = |x: &Array<f64>| times(fixed_gate.clone() * &times(x.clone(), &up), &down);
    let values = numerical_gradient(|x| (values(x) * &g).sum_all(), &x);
    let hidden = matmul(&g, &down);
    let no_slope = matmul(&(hidden.clone() * &fixed_up), &gate) + &values;
    let whole = matmul(&silu_backward(hidden * &fixed_up, &times(x.clone(), &gate)), &gate) + &values;
    let want = numerical_gradient(|x| (plain(x) * &g).sum_all(), &x).to_vec();
    close("formula", &whole.to_vec(), &want, 1e-8, &[]);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the gradient through the values alone; the one through the gate is missing", &values.to_vec()),
        ("the gate's gradient lacks the slope of silu", &no_slope.to_vec()),
    ];
    close("backward", &layer.backward(g.clone()).to_vec(), &want, 1e-8, &mistakes);
}
