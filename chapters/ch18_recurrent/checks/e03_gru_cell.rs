//! Checks exercise e03_gru_cell.

#[allow(unused)]
#[path = "../exercises/e03_gru_cell.rs"]
mod gru_cell;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use gru_cell::GruCell;

const INPUT: usize = 3;
const HIDDEN: usize = 2;

fn cell() -> GruCell<f64> {
    GruCell::new(INPUT, HIDDEN, &mut Rng::new(1, "weights")).to_f64()
}

/// One row.
fn numbers(columns: usize, seed: u64) -> Array<f64> {
    Array::normal([1, columns], 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

/// For each element `a` and `u`, three parts each.
fn sums(cell: &GruCell<f64>, x: &Array<f64>, h: &Array<f64>) -> Vec<([f64; 3], [f64; 3])> {
    let w = &cell.weights;
    let of = |x: &Array<f64>, weight: &Array<f64>, bias: &Array<f64>, j: usize| {
        bias[[j]] + (0..x.dim(1)).map(|i| x[[0, i]] * weight[[j, i]]).sum::<f64>()
    };
    let parts = |k: usize| [k, HIDDEN + k, 2 * HIDDEN + k];
    let a = |k: usize| parts(k).map(|j| of(x, &w.weight_ih.value, &w.bias_ih.value, j));
    let u = |k: usize| parts(k).map(|j| of(h, &w.weight_hh.value, &w.bias_hh.value, j));
    (0..HIDDEN).map(|k| (a(k), u(k))).collect()
}

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// r, z, n.
fn gates((a, u): &([f64; 3], [f64; 3])) -> [f64; 3] {
    let r = sigmoid(a[0] + u[0]);
    [r, sigmoid(a[1] + u[1]), (a[2] + r * u[2]).tanh()]
}

#[test]
fn forward() {
    let (mut cell, x, h) = (cell(), numbers(INPUT, 1), numbers(HIDDEN, 2));
    let sums = sums(&cell, &x, &h);
    let each = |f: &dyn Fn([f64; 3], f64) -> f64| -> Vec<f64> {
        (0..HIDDEN).map(|k| f(gates(&sums[k]), h[[0, k]])).collect()
    };
    let want = each(&|[_, z, n], h| (1.0 - z) * n + z * h);
    let swapped = each(&|[_, z, n], h| z * n + (1.0 - z) * h);
    let no_reset: Vec<f64> = (0..HIDDEN)
        .map(|k| {
            let ([_, z, _], (a, u)) = (gates(&sums[k]), sums[k]);
            (1.0 - z) * (a[2] + u[2]).tanh() + z * h[[0, k]]
        })
        .collect();
    let mistakes: [(&str, &[f64]); 2] = [
        ("z keeps the old state in PyTorch's form: n was kept instead", &swapped),
        ("the reset gate r multiplies u_n", &no_reset),
    ];
    close("forward", &cell.forward(x, h.clone()).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut cell, x, h, g) = (cell(), numbers(INPUT, 1), numbers(HIDDEN, 2), numbers(HIDDEN, 3));
    let sums = sums(&cell, &x, &h);
    // da and du, for the right way and for a forgotten reset in du_n.
    let grads = |reset: bool| -> ([f64; 3 * HIDDEN], [f64; 3 * HIDDEN]) {
        let (mut da, mut du) = ([0.0; 3 * HIDDEN], [0.0; 3 * HIDDEN]);
        for k in 0..HIDDEN {
            let ([r, z, n], g) = (gates(&sums[k]), g[[0, k]]);
            let dn = g * (1.0 - z) * (1.0 - n * n);
            let dz = g * (h[[0, k]] - n) * z * (1.0 - z);
            let dr = dn * sums[k].1[2] * r * (1.0 - r);
            for (part, (a, u)) in
                [(dr, dr), (dz, dz), (dn, if reset { dn * r } else { dn })].into_iter().enumerate()
            {
                (da[part * HIDDEN + k], du[part * HIDDEN + k]) = (a, u);
            }
        }
        (da, du)
    };
    let product = |d: &[f64; 3 * HIDDEN], weight: &Array<f64>| -> Vec<f64> {
        (0..weight.dim(1)).map(|i| (0..3 * HIDDEN).map(|j| d[j] * weight[[j, i]]).sum()).collect()
    };
    let (ih, hh) = (cell.weights.weight_ih.value.clone(), cell.weights.weight_hh.value.clone());
    let direct: Vec<f64> = (0..HIDDEN).map(|k| g[[0, k]] * gates(&sums[k])[1]).collect();
    let with = |through: Vec<f64>| -> Vec<f64> { through.iter().zip(&direct).map(|(a, b)| a + b).collect() };
    let ((da, du), (_, unreset)) = (grads(true), grads(false));
    cell.forward(x, h.clone());
    let (dx, dh) = cell.backward(&g);
    close("gradient of the input", &dx.to_vec(), &product(&da, &ih), 1e-12, &[]);
    let (indirect, no_reset) = (product(&du, &hh), with(product(&unreset, &hh)));
    let mistakes: [(&str, &[f64]); 2] = [
        ("z h is a direct way to the old state, and its gradient is missing", &indirect),
        ("u_n was multiplied by r, and so is its gradient", &no_reset),
    ];
    close("gradient of the state", &dh.to_vec(), &with(product(&du, &hh)), 1e-12, &mistakes);
}
