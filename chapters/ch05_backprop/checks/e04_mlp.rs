//! Checks exercise e04_mlp.

#[allow(unused)]
#[path = "../exercises/e04_mlp.rs"]
mod mlp;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::{Activation, numerical_gradient};
use ch05_backprop::{Layer, for_each_param};
use mlp::Mlp;

/// `g` taken back through `W`: `g W`, for one row.
fn through(g: &[f64], w: &Array<f64>) -> Vec<f64> {
    (0..w.dim(1)).map(|i| (0..w.dim(0)).map(|o| g[o] * w[[o, i]]).sum()).collect()
}

#[test]
fn the_chain_rule_from_the_right() {
    // Square layers, so that a wrong order still has fitting shapes.
    let mut mlp = Mlp::new(&[3, 3, 3, 3], Activation::Tanh, &mut Rng::new(0, "init")).to_f64();
    let (x, g) = (Array::from([[0.5, -1.0, 2.0]]), [1.0, -2.0, 0.5]);
    mlp.forward(x.clone());
    let dx = mlp.backward(Array::from([g]));

    let want = numerical_gradient(|x| (mlp.infer(x.clone()) * Array::from([g])).sum_all(), &x);
    let weights: Vec<Array<f64>> = mlp.linears().iter().map(|linear| linear.weight.value.clone()).collect();
    let without = through(&through(&through(&g, &weights[2]), &weights[1]), &weights[0]);

    // The first layer first: the slopes are the same, the weights meet them in the wrong order.
    let (mut h, mut slopes) = (x, Vec::new());
    for linear in &mlp.linears()[..2] {
        h = linear.infer(h).tanh();
        slopes.push(h.iter().map(|y| 1.0 - y * y).collect::<Vec<f64>>());
    }
    let mut forwards = g.to_vec();
    for i in 0..3 {
        if let Some(slope) = slopes.get(i) {
            forwards = forwards.iter().zip(slope).map(|(g, s)| g * s).collect();
        }
        forwards = through(&forwards, &weights[i]);
    }
    let mistakes: [(&str, &[f64]); 3] = [
        ("the activations were skipped", &without),
        ("went from the first layer to the last", &forwards),
        ("the gradient of the output came back unchanged", &g),
    ];
    close("gradient of the input", &dx.to_vec(), &want.to_vec(), 1e-7, &mistakes);
}

#[test]
fn every_parameter_gets_its_gradient() {
    let mut mlp = Mlp::new(&[2, 4, 3], Activation::Tanh, &mut Rng::new(1, "init")).to_f64();
    mlp.forward(Array::from([[0.5, -1.0], [1.0, 2.0]]));
    mlp.backward(Array::ones([2, 3]));
    for_each_param(&mut mlp, |path, param| {
        assert!(param.grad.iter().any(|g| g != 0.0), "{path}: no gradient reached it");
    });
}
