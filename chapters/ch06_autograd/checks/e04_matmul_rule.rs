//! Checks exercise e04_matmul_rule.

#[allow(unused)]
#[path = "../exercises/e04_matmul_rule.rs"]
mod matmul_rule;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch06_autograd::{Tape, Var, grad};
use matmul_rule::matmul_gradient;

/// Small whole numbers, so that every sum is exact.
fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 - 4.0)
}

/// `a b` by its definition.
fn product(a: &Array<f64>, b: &Array<f64>) -> Array<f64> {
    Array::from_fn([a.dim(0), b.dim(1)], |i| (0..a.dim(1)).map(|k| a[[i[0], k]] * b[[k, i[1]]]).sum())
}

fn rule(which: usize, g: &Array<f64>, a: &Array<f64>, b: &Array<f64>) -> Vec<f64> {
    let [g, a, b] = [g, a, b].map(|x| Var::constant(x.clone()));
    matmul_gradient(which, &g, &a, &b).value().to_vec()
}

#[test]
fn matrices() {
    // A square problem, so that operands in the wrong order still have fitting shapes, and a wide one.
    for [m, k, n] in [[3, 3, 3], [2, 4, 5]] {
        let (a, b, g) = (numbers(&[m, k], 1), numbers(&[k, n], 2), numbers(&[m, n], 3));
        let square = m == n;
        let (at, bt) = (a.clone().t(), b.clone().t());
        let wrong = |x: &Array<f64>, y: &Array<f64>| if square { product(x, y).to_vec() } else { Vec::new() };
        let (plain, swapped) = (wrong(&g, &b), wrong(&bt, &g));
        let mistakes: [(&str, &[f64]); 2] =
            [("g b instead of g bᵀ", &plain), ("bᵀ g instead of g bᵀ", &swapped)];
        close("dL/da", &rule(0, &g, &a, &b), &product(&g, &bt).to_vec(), 1e-12, &mistakes);
        let (plain, swapped) = (wrong(&a, &g), wrong(&g, &at));
        let mistakes: [(&str, &[f64]); 2] =
            [("a g instead of aᵀ g", &plain), ("g aᵀ instead of aᵀ g", &swapped)];
        close("dL/db", &rule(1, &g, &a, &b), &product(&at, &g).to_vec(), 1e-12, &mistakes);
    }
}

#[test]
fn a_batch_with_one_matrix_on_the_right() {
    let (a, b, g) = (numbers(&[2, 3, 4], 4), numbers(&[4, 5], 5), numbers(&[2, 3, 5], 6));
    let each: Vec<Array<f64>> = (0..2).map(|i| product(&a.slice((i,)).t(), &g.slice((i,)))).collect();
    let sum = &each[0] + &each[1];
    let separate: Vec<f64> = each.iter().flat_map(Array::to_vec).collect();
    let mistake: [(&str, &[f64]); 1] =
        [("one gradient for each matrix of the batch, instead of their sum", &separate)];
    close("dL/db", &rule(1, &g, &a, &b), &sum.to_vec(), 1e-12, &mistake);
}

#[test]
fn it_stays_on_the_tape() {
    let [a, b, g] = [1, 2, 3].map(|seed| Var::variable(numbers(&[3, 3], seed)));
    let square = matmul_gradient(0, &g, &a, &b).pow(2.0).sum(.., false);
    assert!(square.requires_grad(), "dL/da: it is off the tape; compute with variables, not with arrays");
    // d Σ (g bᵀ)² / dg = 2 (g bᵀ) b.
    let (g0, b0) = (g.value(), b.value());
    let want = product(&product(&g0, &b0.clone().t()), &b0) * 2.0;
    let got = grad(&square, &[&g], Tape::Release)[0].value();
    close("the gradient of its square", &got.to_vec(), &want.to_vec(), 1e-12, &[]);
}
