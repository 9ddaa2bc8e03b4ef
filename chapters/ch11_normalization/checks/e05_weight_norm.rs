//! Checks exercise e05_weight_norm.

#[allow(unused)]
#[path = "../exercises/e05_weight_norm.rs"]
mod weight_norm;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};

const OUT: usize = 3;
const SIZE: usize = 4;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.3, 1.5, &mut Rng::new(seed, "numbers"))
}

/// Directions, lengths, gradient of the weights.
fn problem() -> [Array<f64>; 3] {
    [numbers(&[OUT, SIZE], 1), numbers(&[OUT, 1], 2), numbers(&[OUT, SIZE], 3)]
}

fn length(v: &Array<f64>, row: usize) -> f64 {
    (0..SIZE).map(|j| v[[row, j]] * v[[row, j]]).sum::<f64>().sqrt()
}

/// A value for each element of the weights.
fn each(f: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    (0..OUT * SIZE).map(|i| f(i / SIZE, i % SIZE)).collect()
}

#[test]
fn forward() {
    let [v, g, _] = problem();
    let want = each(|o, j| g[[o, 0]] * v[[o, j]] / length(&v, o));
    let no_g = each(|o, j| v[[o, j]] / length(&v, o));
    let no_length = each(|o, j| g[[o, 0]] * v[[o, j]]);
    let squared = each(|o, j| g[[o, 0]] * v[[o, j]] / length(&v, o).powi(2));
    let mistakes: [(&str, &[f64]); 3] = [
        ("the length g was left out", &no_g),
        ("not divided by the length of v", &no_length),
        ("divided by the square of the length", &squared),
    ];
    close("weights", &weight_norm::weight_norm(&v, &g).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let [v, g, d] = problem();
    let [dv, dg] = weight_norm::weight_norm_backward(d.clone(), &v, &g);
    let unit = |o: usize, j: usize| v[[o, j]] / length(&v, o);
    let along = |o: usize| (0..SIZE).map(|j| d[[o, j]] * unit(o, j)).sum::<f64>();
    let want: Vec<f64> = (0..OUT).map(along).collect();
    let raw: Vec<f64> = (0..OUT).map(|o| along(o) * length(&v, o)).collect();
    let with_g: Vec<f64> = (0..OUT).map(|o| along(o) * g[[o, 0]]).collect();
    let mistakes: [(&str, &[f64]); 2] = [
        ("multiplied by v instead of the unit vector", &raw),
        ("multiplied by g: w = g u is linear in g, its slope is u", &with_g),
    ];
    close("gradient of g", &dg.to_vec(), &want, 1e-12, &mistakes);

    let want = each(|o, j| g[[o, 0]] / length(&v, o) * (d[[o, j]] - unit(o, j) * along(o)));
    let constant = each(|o, j| g[[o, 0]] / length(&v, o) * d[[o, j]]);
    let no_g = each(|o, j| (d[[o, j]] - unit(o, j) * along(o)) / length(&v, o));
    let no_length = each(|o, j| g[[o, 0]] * (d[[o, j]] - unit(o, j) * along(o)));
    let mistakes: [(&str, &[f64]); 3] = [
        ("the length of v was taken as a constant, but it depends on v", &constant),
        ("the length g was left out", &no_g),
        ("not divided by the length of v", &no_length),
    ];
    close("gradient of v", &dv.to_vec(), &want, 1e-12, &mistakes);
}
