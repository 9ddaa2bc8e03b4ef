//! Checks exercise e04_rows.

#[allow(unused)]
#[path = "../exercises/e04_rows.rs"]
mod rows;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use rows::RowGrad;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 + 1.0)
}

fn flat(rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| row as f64).collect()
}

#[test]
fn rows_are_listed_once() {
    let ids = Array::from([5i64, 2, 5, 0, 2, 5]);
    let grad = numbers(&[6, 3], 1);
    let found = RowGrad::from_tokens(&ids, &grad, Some(0));
    let mistakes: [(&str, &[f64]); 2] = [
        ("a token that occurs twice is listed twice", &[2.0, 2.0, 5.0, 5.0, 5.0]),
        ("no row was opened for a new token", &[]),
    ];
    close("rows", &flat(&found.rows), &[2.0, 5.0], 0.0, &mistakes);
    let of = |tokens: &[usize]| -> Vec<f64> {
        (0..3).map(|k| tokens.iter().map(|&token| grad[[token, k]]).sum()).collect()
    };
    let (sums, last, first) = (
        [of(&[1, 4]), of(&[0, 2, 5])].concat(),
        [of(&[4]), of(&[5])].concat(),
        [of(&[1]), of(&[0])].concat(),
    );
    let mistakes: [(&str, &[f64]); 2] = [
        ("a token that occurs twice keeps only its last gradient", &last),
        ("a token that occurs twice keeps only its first gradient", &first),
    ];
    close("sums of the rows", &found.values.to_vec(), &sums, 1e-12, &mistakes);
}

#[test]
fn as_the_dense_gradient() {
    let mut rng = Rng::new(2, "tokens");
    let ids = Array::from_fn([4, 30], |_| rng.below(25) as i64);
    let grad = numbers(&[4, 30, 5], 3);
    let mut dense = Array::zeros([25, 5]);
    for (id, grad) in ids.iter().zip(grad.data().chunks(5)) {
        for k in 0..5 {
            dense[[id as usize, k]] += grad[k];
        }
    }
    let found = RowGrad::from_tokens(&ids, &grad, None).to_dense(25);
    close("with zeros in between", &found.to_vec(), &dense.to_vec(), 1e-12, &[]);
}
