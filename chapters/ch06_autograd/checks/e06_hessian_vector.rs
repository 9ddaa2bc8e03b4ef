//! Checks exercise e06_hessian_vector.

#[allow(unused)]
#[path = "../exercises/e06_hessian_vector.rs"]
mod hessian_vector;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch06_autograd::{Tape, Var, grad};
use hessian_vector::hessian_vector;

const V: [f64; 2] = [1.0, -2.0];
const U: f64 = 3.0;

/// `L = x0² x1 + x1³ + b x0`, at x = (2, 1) and b = 5: gradient (2 x0 x1 + b, x0² + 3 x1²; x0), Hessian
/// `[[2 x1, 2 x0, 1], [2 x0, 6 x1, 0], [1, 0, 0]]`.
fn problem() -> (Var<f64>, Var<f64>, Vec<Var<f64>>) {
    let (x, b) = (Var::variable(Array::from([2.0, 1.0])), Var::variable(Array::scalar(5.0)));
    let (x0, x1) = (x.slice(0), x.slice(1));
    let loss = &x0 * &x0 * &x1 + x1.pow(3.0) + &b * &x0;
    let gradient = grad(&loss, &[&x, &b], Tape::Create);
    (x, b, gradient)
}

fn flat(parts: &[Array<f64>]) -> Vec<f64> {
    parts.iter().flat_map(Array::to_vec).collect()
}

#[test]
fn product() {
    let (x, b, gradient) = problem();
    let v = [Array::from(V), Array::scalar(U)];
    let got = hessian_vector(&gradient, &[&x, &b], &v);
    let h = [[2.0, 4.0, 1.0], [4.0, 6.0, 0.0], [1.0, 0.0, 0.0]];
    let all = [V[0], V[1], U];
    let times = |v: [f64; 3]| h.map(|row| (0..3).map(|i| row[i] * v[i]).sum::<f64>()).to_vec();
    let elementwise: Vec<f64> = gradient.iter().zip(&v).flat_map(|(g, v)| (g.value() * v).to_vec()).collect();
    let (ones, first) = (times([1.0; 3]), times([V[0], V[1], 0.0]));
    let mistakes: [(&str, &[f64]); 3] = [
        ("the gradient times v: it was not differentiated", &elementwise),
        ("the Hessian times a vector of ones: v is missing", &ones),
        ("the part of v that belongs to the second variable is missing", &first),
    ];
    close("H v", &flat(&got), &times(all), 1e-12, &mistakes);
}

#[test]
fn a_second_product() {
    let (x, b, gradient) = problem();
    let v = [Array::from(V), Array::scalar(U)];
    let once = flat(&hessian_vector(&gradient, &[&x, &b], &v));
    let again = flat(&hessian_vector(&gradient, &[&x, &b], &v));
    close("the same product again", &again, &once, 1e-12, &[]);
    assert!(x.grad().is_none(), "something was added to the gradient of a leaf");
}
