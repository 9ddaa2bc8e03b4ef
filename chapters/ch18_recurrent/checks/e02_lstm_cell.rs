//! Checks exercise e02_lstm_cell.

#[allow(unused)]
#[path = "../exercises/e02_lstm_cell.rs"]
mod lstm_cell;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use lstm_cell::LstmCell;

const INPUT: usize = 3;
const HIDDEN: usize = 2;

fn cell() -> LstmCell<f64> {
    LstmCell::new(INPUT, HIDDEN, &mut Rng::new(1, "weights")).to_f64()
}

/// One row.
fn numbers(columns: usize, seed: u64) -> Array<f64> {
    Array::normal([1, columns], 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

/// The gates i, f, g, o of each element.
fn gates(cell: &LstmCell<f64>, x: &Array<f64>, h: &Array<f64>) -> Vec<[f64; 4]> {
    let w = &cell.weights;
    let sum = |j: usize| {
        let of = |x: &Array<f64>, weight: &Array<f64>| {
            (0..x.dim(1)).map(|i| x[[0, i]] * weight[[j, i]]).sum::<f64>()
        };
        w.bias_ih.value[[j]] + w.bias_hh.value[[j]] + of(x, &w.weight_ih.value) + of(h, &w.weight_hh.value)
    };
    let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
    (0..HIDDEN)
        .map(|k| {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| sum(gate * HIDDEN + k));
            [sigmoid(i), sigmoid(f), g.tanh(), sigmoid(o)]
        })
        .collect()
}

#[test]
fn forward() {
    let (mut cell, x, h, c) = (cell(), numbers(INPUT, 1), numbers(HIDDEN, 2), numbers(HIDDEN, 3));
    let gates = gates(&cell, &x, &h);
    let each = |f: &dyn Fn([f64; 4], f64) -> f64| -> Vec<f64> {
        (0..HIDDEN).map(|k| f(gates[k], c[[0, k]])).collect()
    };
    let new_c = each(&|[i, f, g, _], c| f * c + i * g);
    let (swapped, forgotten) = (each(&|[i, f, g, _], c| i * c + f * g), each(&|[i, _, g, _], c| c + i * g));
    let (h_new, c_new) = cell.forward(x, h, c.clone());
    let mistakes: [(&str, &[f64]); 2] = [
        ("input gate and forget gate were swapped", &swapped),
        ("nothing is ever forgotten: the forget gate multiplies the cell before", &forgotten),
    ];
    close("forward, the cell", &c_new.to_vec(), &new_c, 1e-12, &mistakes);
    let want = each(&|[i, f, g, o], c| o * (f * c + i * g).tanh());
    let flat = each(&|[i, f, g, o], c| o * (f * c + i * g));
    let mistakes: [(&str, &[f64]); 1] = [("the cell goes through tanh on its way out", &flat)];
    close("forward, the output", &h_new.to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut cell, x, h, c) = (cell(), numbers(INPUT, 1), numbers(HIDDEN, 2), numbers(HIDDEN, 3));
    let (dh, dc) = (numbers(HIDDEN, 4), numbers(HIDDEN, 5));
    let gates = gates(&cell, &x, &h);
    // All of the gradient that reaches c', for right and wrong.
    let tanh = |k: usize| (gates[k][1] * c[[0, k]] + gates[k][0] * gates[k][2]).tanh();
    let through = |k: usize| dh[[0, k]] * gates[k][3] * (1.0 - tanh(k) * tanh(k));
    let right = |k: usize| dc[[0, k]] + through(k);
    let cell_before =
        |d: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..HIDDEN).map(|k| d(k) * gates[k][1]).collect() };
    let (only_cell, only_output) = (cell_before(&|k| dc[[0, k]]), cell_before(&through));
    let weight = cell.weights.weight_ih.value.clone();
    let input = |d: &dyn Fn(usize) -> f64, slopes: bool| -> Vec<f64> {
        let mut da = [0.0; 4 * HIDDEN];
        for k in 0..HIDDEN {
            let [i, f, g, o] = gates[k];
            let raw = [d(k) * g, d(k) * c[[0, k]], d(k) * i, dh[[0, k]] * tanh(k)];
            let slope = [i * (1.0 - i), f * (1.0 - f), 1.0 - g * g, o * (1.0 - o)];
            (0..4)
                .for_each(|gate| da[gate * HIDDEN + k] = raw[gate] * if slopes { slope[gate] } else { 1.0 });
        }
        (0..INPUT).map(|n| (0..4 * HIDDEN).map(|j| da[j] * weight[[j, n]]).sum()).collect()
    };
    cell.forward(x, h, c.clone());
    let (dx, _, dc_before) = cell.backward(&dh, &dc);
    let all: Vec<f64> = (0..HIDDEN).map(&right).collect();
    let mistakes: [(&str, &[f64]); 3] = [
        ("the forget gate stands between the two cells: its factor is missing", &all),
        ("the output depends on the cell too: its gradient is missing", &only_cell),
        ("the gradient of the new cell from later steps is missing", &only_output),
    ];
    close("gradient of the cell before", &dc_before.to_vec(), &cell_before(&right), 1e-12, &mistakes);
    let flat = input(&right, false);
    let mistakes: [(&str, &[f64]); 1] = [("the slopes of the gates' activations were left out", &flat)];
    close("gradient of the input", &dx.to_vec(), &input(&right, true), 1e-12, &mistakes);
}
