//! Checks exercise e01_rnn_cell.

#[allow(unused)]
#[path = "../exercises/e01_rnn_cell.rs"]
mod rnn_cell;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch18_recurrent::Nonlinearity;
use rnn_cell::RnnCell;

const BATCH: usize = 2;
const INPUT: usize = 3;
const HIDDEN: usize = 2;

fn cell(nonlinearity: Nonlinearity) -> RnnCell<f64> {
    RnnCell::new(nonlinearity, INPUT, HIDDEN, &mut Rng::new(1, "weights")).to_f64()
}

fn numbers(columns: usize, seed: u64) -> Array<f64> {
    Array::normal([BATCH, columns], 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

/// `x W_ihᵀ + b_ih`, and `h W_hhᵀ + b_hh`, element by element.
fn sums(cell: &RnnCell<f64>, x: &Array<f64>, h: &Array<f64>) -> (Vec<f64>, Vec<f64>) {
    let w = &cell.weights;
    let product = |x: &Array<f64>, weight: &Array<f64>, bias: &Array<f64>| -> Vec<f64> {
        let at =
            |b: usize, j: usize| bias[[j]] + (0..x.dim(1)).map(|i| x[[b, i]] * weight[[j, i]]).sum::<f64>();
        (0..BATCH * HIDDEN).map(|n| at(n / HIDDEN, n % HIDDEN)).collect()
    };
    (product(x, &w.weight_ih.value, &w.bias_ih.value), product(h, &w.weight_hh.value, &w.bias_hh.value))
}

#[test]
fn forward() {
    let (x, h) = (numbers(INPUT, 1), numbers(HIDDEN, 2));
    for (name, nonlinearity, f) in [
        ("forward with tanh", Nonlinearity::Tanh, f64::tanh as fn(f64) -> f64),
        ("forward with ReLU", Nonlinearity::Relu, |a: f64| a.max(0.0)),
    ] {
        let mut cell = cell(nonlinearity);
        let (a, u) = sums(&cell, &x, &h);
        let both =
            |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> { a.iter().zip(&u).map(|(&a, &u)| f(a, u)).collect() };
        let want = both(&|a, u| f(a + u));
        let (alone, plain, apart) = (both(&|a, _| f(a)), both(&|a, u| a + u), both(&|a, u| f(a) + f(u)));
        let mistakes: [(&str, &[f64]); 3] = [
            ("the state before was left out", &alone),
            ("no activation", &plain),
            ("an activation for each product instead of one for their sum", &apart),
        ];
        close(name, &cell.forward(x.clone(), h.clone()).to_vec(), &want, 1e-12, &mistakes);
    }
}

#[test]
fn backward() {
    let (x, h, g) = (numbers(INPUT, 1), numbers(HIDDEN, 2), numbers(HIDDEN, 3));
    let mut cell = cell(Nonlinearity::Tanh);
    let (a, u) = sums(&cell, &x, &h);
    let new: Vec<f64> = a.iter().zip(&u).map(|(a, u)| (a + u).tanh()).collect();
    let to = |da: &dyn Fn(usize) -> f64, weight: &Array<f64>| -> Vec<f64> {
        let columns = weight.dim(1);
        let at = |b: usize, i: usize| (0..HIDDEN).map(|j| da(b * HIDDEN + j) * weight[[j, i]]).sum();
        (0..BATCH * columns).map(|n| at(n / columns, n % columns)).collect()
    };
    let g = g.to_vec();
    let right = |n: usize| g[n] * (1.0 - new[n] * new[n]);
    let (flat, half) = (|n: usize| g[n], |n: usize| g[n] * (1.0 - new[n]));
    let (ih, hh) = (cell.weights.weight_ih.value.clone(), cell.weights.weight_hh.value.clone());
    cell.forward(x, h);
    let (dx, dh) = cell.backward(Array::from_slice(&g, [BATCH, HIDDEN]));
    let (flat_x, half_x, flat_h) = (to(&flat, &ih), to(&half, &ih), to(&flat, &hh));
    let mistakes: [(&str, &[f64]); 2] =
        [("the slope of the activation was left out", &flat_x), ("the slope of tanh is 1 - h'²", &half_x)];
    close("gradient of the input", &dx.to_vec(), &to(&right, &ih), 1e-12, &mistakes);
    let mistakes: [(&str, &[f64]); 1] = [("the slope of the activation was left out", &flat_h)];
    close("gradient of the state", &dh.to_vec(), &to(&right, &hh), 1e-12, &mistakes);
}
