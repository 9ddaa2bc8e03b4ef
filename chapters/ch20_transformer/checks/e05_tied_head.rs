//! Checks exercise e05_tied_head.

#[allow(unused)]
#[path = "../exercises/e05_tied_head.rs"]
mod tied_head;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::numerical_gradient;
use ch05_backprop::{Param, Role};
use tied_head::{tied_logits, tied_logits_backward};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "check"))
}

/// The definition, with loops.
fn plain(x: &Array<f64>, table: &Array<f64>) -> Array<f64> {
    let (time, size) = (x.dim(1), x.dim(2));
    Array::from_fn([x.dim(0) * time, table.dim(0)], |at| {
        (0..size).map(|i| x[[at[0] / time, at[0] % time, i]] * table[[at[1], i]]).sum()
    })
}

#[test]
fn forward_and_backward() {
    let (x, table, g) = (random(&[2, 3, 4], 0), random(&[5, 4], 1), random(&[6, 5], 2));
    close("forward", &tied_logits(&x, &table).to_vec(), &plain(&x, &table).to_vec(), 1e-12, &[]);

    let mut param = Param::new(table.clone(), Role::Embedding);
    // What the embedding has found already.
    param.grad = random(&[5, 4], 3);
    let before = param.grad.clone();
    let dx = tied_logits_backward(&g, &x, &mut param);
    let alone = numerical_gradient(|table| (plain(&x, table) * &g).sum_all(), &table);
    let lost: [(&str, &[f64]); 1] = [("the gradient that was there before is lost", &alone.to_vec())];
    let want = alone.clone() + &before;
    close("gradient of the table", &param.grad.to_vec(), &want.to_vec(), 1e-8, &lost);
    let want = numerical_gradient(|x| (plain(x, &table) * &g).sum_all(), &x).to_vec();
    let other = ch02_matmul::matmul(&g, &before).to_vec();
    let mistakes: [(&str, &[f64]); 1] =
        [("multiplied with the gradient of the table instead of the table", &other)];
    close("gradient of the vectors", &dx.to_vec(), &want, 1e-8, &mistakes);
}
