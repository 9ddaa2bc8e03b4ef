//! Checks exercise e02_xavier.

#[allow(unused)]
#[path = "../exercises/e02_xavier.rs"]
mod xavier;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use xavier::{xavier_std, xavier_uniform};

#[test]
fn the_standard_deviation() {
    // fan-in 300, fan-out 500: Var W = 2 / 800 = 0.0025. With 3x3 kernels both are 9 times as large.
    for (shape, gain) in [(&[500, 300][..], 1.0), (&[500, 300], 3.0), (&[500, 300, 3, 3], 2.0)] {
        let places = if shape.len() == 4 { 9.0 } else { 1.0 };
        let std = gain * 0.05 / f64::sqrt(places);
        let mistakes: [(&str, &[f64]); 5] = [
            ("that is the variance; take its root", &[std * std]),
            ("1 / (fan_in + fan_out) instead of 2: each fan counts half", &[std / f64::sqrt(2.0)]),
            ("only the fan-in counts, as in He's rule", &[gain / f64::sqrt(300.0 * places)]),
            ("the gain was left out", &[std / gain]),
            ("the gain multiplies the standard deviation, not the variance", &[std / gain.sqrt()]),
        ];
        let named = if gain == 1.0 { &mistakes[..3] } else { &mistakes[..] };
        close("std", &[xavier_std(shape, gain)], &[std], 1e-12, named);
    }
}

#[test]
fn the_bound() {
    // The standard deviation is 0.05; the largest of 100,000 even numbers is very near the bound.
    let mut weight = Array::<f64>::zeros([500, 300]);
    xavier_uniform(&mut weight, 1.0, &mut Rng::new(0, "init"));
    let largest = weight.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let smallest = weight.iter().fold(0.0, f64::min);
    let mistakes: [(&str, &[f64]); 4] = [
        ("the bound is the standard deviation: even numbers up to b have only b / sqrt(3)", &[0.05]),
        ("even numbers of this standard deviation reach sqrt(3) of it, not 3", &[0.15]),
        ("even numbers of this standard deviation reach sqrt(3) of it, not 2", &[0.1]),
        ("divided by sqrt(3) instead of multiplied", &[0.05 / f64::sqrt(3.0)]),
    ];
    let bound = 0.05 * f64::sqrt(3.0);
    // 150,000 draws leave a gap of about bound / 150,000 below the bound.
    close("bound", &[largest], &[bound], 1e-4, &mistakes);
    close("bound below 0", &[smallest], &[-bound], 1e-4, &[("all numbers are positive", &[0.0])]);
}
