//! Checks exercise e03_residual.

#[allow(unused)]
#[path = "../exercises/e03_residual.rs"]
mod residual;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::{Layer, Linear};
use residual::Residual;

#[test]
fn both_paths_reach_the_input() {
    // f(x) = x Wᵀ with W = diag(3, -5): y = (4, -4) x, and so is the gradient.
    let weight = Array::from([[3.0, 0.0], [0.0, -5.0]]);
    let mut layer = Residual::new(Linear::from_parts(weight, None));
    let y = layer.forward(Array::from([[1.0, 2.0]]));
    close("forward", &y.to_vec(), &[4.0, -8.0], 1e-12, &[]);
    let dx = layer.backward(Array::from([[10.0, 100.0]]));
    let mistakes: [(&str, &[f64]); 3] = [
        ("the direct path is missing", &[30.0, -500.0]),
        ("the path through the inner layer is missing", &[10.0, 100.0]),
        ("the two gradients were multiplied instead of added", &[300.0, -50000.0]),
    ];
    close("backward", &dx.to_vec(), &[40.0, -400.0], 1e-12, &mistakes);
    close(
        "gradient of the inner weight",
        &layer.inner.weight.grad.to_vec(),
        &[10.0, 20.0, 100.0, 200.0],
        1e-12,
        &[],
    );
}
