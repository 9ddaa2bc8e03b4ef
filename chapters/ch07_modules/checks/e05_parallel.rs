//! Checks exercise e05_parallel.

#[allow(unused)]
#[path = "../exercises/e05_parallel.rs"]
mod parallel;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng, context};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch07_modules::Join;
use parallel::Parallel;

/// A linear layer that knows under which name it was called.
struct Named(Linear<f64>, &'static str);

impl Layer<f64> for Named {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        assert_eq!(context::path(), self.1, "forward: a branch was not announced by its number");
        self.0.forward(x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        assert_eq!(context::path(), self.1, "backward: a branch was not announced by its number");
        self.0.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.0.infer(x)
    }
}

impl Module<f64> for Named {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

/// The weights of two branches, both [3, 3], without a bias.
fn weights() -> [Array<f64>; 2] {
    [0, 1].map(|seed| Array::normal([3, 3], 0.0, 1.0, &mut Rng::new(seed, "weights")))
}

fn model(join: Join) -> Parallel<f64> {
    let [a, b] = weights().map(|weight| Linear::from_parts(weight, None));
    Parallel::new(join).push(Named(a, "0")).push(Named(b, "1"))
}

/// `x wᵀ` for one row, by the definition; with `transposed` `x w`.
fn product(x: &[f64], w: &Array<f64>, transposed: bool) -> Vec<f64> {
    (0..3).map(|o| (0..3).map(|i| x[i] * if transposed { w[[i, o]] } else { w[[o, i]] }).sum()).collect()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

#[test]
fn forward() {
    let x = [0.5, -1.0, 2.0];
    let [a, b] = weights();
    let [ya, yb] = [product(&x, &a, false), product(&x, &b, false)];
    let chained = product(&ya, &b, false);
    let y = model(Join::Sum).forward(Array::from([x])).to_vec();
    let mistakes = [
        ("the second branch got the output of the first: that is a chain", sum(&ya, &chained)),
        ("only the first branch counts", ya.clone()),
        ("only the last branch counts", yb.clone()),
    ];
    let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(what, y)| (*what, &y[..])).collect();
    close("output", &y, &sum(&ya, &yb), 1e-12, &mistakes);
    let y = model(Join::Concat(1)).forward(Array::from([x])).to_vec();
    let mistakes = [("the branches are in reverse order", [&yb[..], &ya].concat())];
    let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(what, y)| (*what, &y[..])).collect();
    close("output, concatenated", &y, &[&ya[..], &yb].concat(), 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (x, g) = ([0.5, -1.0, 2.0], [1.0, -2.0, 0.5, 3.0, 0.25, -1.0]);
    let [a, b] = weights();
    let (parts, swapped) = ([&g[..3], &g[3..]], [&g[3..], &g[..3]]);
    let through = |[ga, gb]: [&[f64]; 2]| [product(ga, &a, true), product(gb, &b, true)];
    let ([da, db], [wrong_a, wrong_b]) = (through(parts), through(swapped));
    let mut model = model(Join::Concat(1));
    model.forward(Array::from([x]));
    let dx = model.backward(Array::from([g])).to_vec();
    let mistakes = [
        ("only the first branch counts: the input was used twice", da.clone()),
        ("only the last branch counts: the input was used twice", db.clone()),
        ("averaged: gradients of several uses are added", sum(&da, &db).iter().map(|d| d / 2.0).collect()),
        ("the branches got each other's gradients", sum(&wrong_a, &wrong_b)),
    ];
    let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(what, dx)| (*what, &dx[..])).collect();
    close("gradient of the input", &dx, &sum(&da, &db), 1e-12, &mistakes);
}
