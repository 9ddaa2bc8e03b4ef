//! Checks exercise e13_scale_window.

#[allow(unused)]
#[path = "../exercises/e13_scale_window.rs"]
mod scale_window;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use scale_window::scale_window;

const SERIES: usize = 3;
const TIME: usize = 8;

fn windows() -> Array<f64> {
    let mut rng = Rng::new(0, "series");
    Array::from_fn([SERIES, TIME], |i| [300.0, -2.0, 0.0][i[0]] + [10.0, 1.0, 0.1][i[0]] * rng.normal())
}

/// Mean and variance of some numbers, the latter divided by their count less `less`.
fn moments(x: &[f64], less: f64) -> [f64; 2] {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    [mean, x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (x.len() as f64 - less)]
}

#[test]
fn each_window_by_itself() {
    let x = windows();
    let scaled = |of: &dyn Fn(&[f64]) -> [f64; 2]| -> Vec<f64> {
        let row = |row: &[f64]| {
            let [mean, deviation] = of(row);
            row.iter().map(|x| (x - mean) / deviation).collect::<Vec<_>>()
        };
        x.data().chunks(TIME).flat_map(row).collect()
    };
    let by = |variance: fn(f64) -> f64, less: f64| {
        move |row: &[f64]| {
            let [mean, v] = moments(row, less);
            [mean, variance(v)]
        }
    };
    let right = by(|v| (v + 1e-5).sqrt(), 0.0);
    let all = moments(x.data(), 0.0);
    let (whole, not_rooted, less_one, no_mean) = (
        scaled(&|_| [all[0], (all[1] + 1e-5).sqrt()]),
        scaled(&by(|v| v + 1e-5, 0.0)),
        scaled(&by(|v| (v + 1e-5).sqrt(), 1.0)),
        scaled(&|row| [0.0, right(row)[1]]),
    );
    let mistakes: [(&str, &[f64]); 4] = [
        ("one scale for all series together, not one for each", &whole),
        ("divided by the variance, not by its root", &not_rooted),
        ("the variance was divided by time - 1", &less_one),
        ("the mean was not taken off", &no_mean),
    ];
    let (y, mean, deviation) = scale_window(&x);
    close("scaled windows", &y.to_vec(), &scaled(&right), 1e-10, &mistakes);
    assert_eq!(
        (&mean.shape()[..], &deviation.shape()[..]),
        (&[SERIES, 1][..], &[SERIES, 1][..]),
        "shapes of mean and deviation"
    );
    let back = y * &deviation + &mean;
    close("scaled back", &back.to_vec(), &x.to_vec(), 1e-10, &[]);
}

#[test]
fn a_constant_window_becomes_zeros() {
    let (y, ..) = scale_window(&Array::full([1, 4], 7.0));
    close("a constant window", &y.to_vec(), &[0.0; 4], 1e-12, &[("0 / 0 is not a number", &[f64::NAN; 4])]);
}
