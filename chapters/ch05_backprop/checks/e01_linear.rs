//! Checks exercise e01_linear.

#[allow(unused)]
#[path = "../exercises/e01_linear.rs"]
mod linear;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;
use linear::Linear;

/// `[rows, cols]` of small whole numbers, so that every sum is exact.
fn numbers(shape: [usize; 2], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 - 4.0)
}

/// `a b` by its definition.
fn product(a: &Array<f64>, b: &Array<f64>) -> Vec<f64> {
    let mut c = Vec::new();
    for i in 0..a.dim(0) {
        for j in 0..b.dim(1) {
            c.push((0..a.dim(1)).map(|k| a[[i, k]] * b[[k, j]]).sum());
        }
    }
    c
}

/// A square problem, so that operands in the wrong order still have fitting shapes, and a wide one.
fn problems() -> [[Array<f64>; 4]; 2] {
    [(3, 3, 3), (4, 5, 2)].map(|(n, inputs, outputs)| {
        let bias = numbers([1, outputs], 3).reshape([outputs]);
        [numbers([n, inputs], 1), numbers([outputs, inputs], 2), bias, numbers([n, outputs], 4)]
    })
}

#[test]
fn forward() {
    for [x, w, b, _] in problems() {
        let plain = product(&x, &w.clone().t());
        let with_bias =
            |y: &[f64]| -> Vec<f64> { y.iter().enumerate().map(|(i, y)| y + b[[i % b.size()]]).collect() };
        let mut mistakes = vec![("the bias was not added", plain.clone())];
        if w.dim(0) == w.dim(1) {
            mistakes.push(("multiplied by W instead of its transpose", with_bias(&product(&x, &w))));
        }
        let mistakes: Vec<(&str, &[f64])> =
            mistakes.iter().map(|(what, values)| (*what, &values[..])).collect();
        let y = Linear::from_parts(w.clone(), Some(b.clone())).forward(x.clone());
        close("forward", &y.to_vec(), &with_bias(&plain), 1e-12, &mistakes);
        let y = Linear::from_parts(w.clone(), None).infer(x.clone());
        close("forward without a bias", &y.to_vec(), &plain, 1e-12, &[]);
    }
}

#[test]
fn backward() {
    for [x, w, b, g] in problems() {
        let square = w.dim(0) == w.dim(1);
        let mut layer = Linear::from_parts(w.clone(), Some(b.clone()));
        layer.forward(x.clone());
        let dx = layer.backward(g.clone());

        let dw = product(&g.clone().t(), &x);
        let swapped = product(&x.clone().t(), &g);
        let mistakes: &[(&str, &[f64])] =
            if square { &[("xᵀ g instead of gᵀ x", &swapped)] } else { &[] };
        close("gradient of the weight", &layer.weight.grad.to_vec(), &dw, 1e-12, mistakes);

        let sums = |columns: bool| -> Vec<f64> {
            let other = if columns { g.clone() } else { g.clone().t() };
            (0..other.dim(1)).map(|j| (0..other.dim(0)).map(|i| other[[i, j]]).sum()).collect()
        };
        let means: Vec<f64> = sums(true).iter().map(|sum| sum / g.dim(0) as f64).collect();
        let (over_features, db) = (sums(false), sums(true));
        let mistakes: [(&str, &[f64]); 2] = [
            ("summed over features instead of the batch", &over_features),
            ("averaged over the batch instead of summed: the loss has done that", &means),
        ];
        let grad = layer.bias.as_ref().expect("the layer has a bias").grad.to_vec();
        close("gradient of the bias", &grad, &db, 1e-12, if square { &mistakes } else { &mistakes[1..] });

        let transposed = if square { product(&g, &w.clone().t()) } else { Vec::new() };
        let mistakes: [(&str, &[f64]); 1] = [("multiplied by the transpose of W", &transposed)];
        close("gradient of the input", &dx.to_vec(), &product(&g, &w), 1e-12, &mistakes);
    }
}

#[test]
fn gradients_add_up() {
    let [[x, w, b, g], _] = problems();
    let mut layer = Linear::from_parts(w, Some(b));
    layer.forward(x.clone());
    layer.backward(g.clone());
    let (dw, db) = (layer.weight.grad.to_vec(), layer.bias.as_ref().unwrap().grad.to_vec());
    layer.forward(x);
    layer.backward(g);
    let twice = |once: &[f64]| -> Vec<f64> { once.iter().map(|x| 2.0 * x).collect() };
    let replaced = "replaced instead of added to";
    close("gradient of the weight", &layer.weight.grad.to_vec(), &twice(&dw), 1e-12, &[(replaced, &dw)]);
    close("gradient of the bias", &layer.bias.unwrap().grad.to_vec(), &twice(&db), 1e-12, &[(replaced, &db)]);
}

#[test]
fn several_batch_axes() {
    let [_, [x, w, b, g]] = problems();
    let (x3, g3) = (x.clone().reshape([2, 2, 5]), g.clone().reshape([2, 2, 2]));
    let mut flat = Linear::from_parts(w.clone(), Some(b.clone()));
    let mut deep = Linear::from_parts(w, Some(b));
    let (y, y3) = (flat.forward(x), deep.forward(x3));
    close("forward on [2, 2, 5]", &y3.to_vec(), &y.to_vec(), 1e-12, &[]);
    let (dx, dx3) = (flat.backward(g), deep.backward(g3));
    assert_eq!(*dx3.shape(), [2, 2, 5], "gradient of the input: it has the shape of the input");
    close("gradient of the input", &dx3.to_vec(), &dx.to_vec(), 1e-12, &[]);
    close("gradient of the weight", &deep.weight.grad.to_vec(), &flat.weight.grad.to_vec(), 1e-12, &[]);
}
