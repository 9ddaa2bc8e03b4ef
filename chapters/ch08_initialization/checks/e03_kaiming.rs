//! Checks exercise e03_kaiming.

#[allow(unused)]
#[path = "../exercises/e03_kaiming.rs"]
mod kaiming;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch08_initialization::{FanMode, Gain};
use kaiming::{kaiming_normal, kaiming_std, kaiming_uniform};

#[test]
fn the_standard_deviation() {
    let shape = [500, 300];
    // ReLU: Var W = 2 / 300 forward, 2 / 500 backward.
    let std = |variance: f64| [variance.sqrt()];
    let mistakes: [(&str, &[f64]); 5] = [
        ("that is the variance; take its root", &[2.0 / 300.0]),
        (
            "the gain is inside the root: it is a factor of the standard deviation already",
            &std(f64::sqrt(2.0) / 300.0),
        ),
        ("the gain was left out", &std(1.0 / 300.0)),
        ("the other fan was taken", &std(2.0 / 500.0)),
        ("the fans were added, as in Xavier's rule", &std(2.0 / 800.0)),
    ];
    close(
        "std for ReLU",
        &[kaiming_std(&shape, FanMode::In, Gain::Relu)],
        &std(2.0 / 300.0),
        1e-12,
        &mistakes,
    );
    let mistakes: [(&str, &[f64]); 1] = [("the mode was not looked at", &std(2.0 / 300.0))];
    close(
        "std by fan-out",
        &[kaiming_std(&shape, FanMode::Out, Gain::Relu)],
        &std(2.0 / 500.0),
        1e-12,
        &mistakes,
    );
    let mistakes: [(&str, &[f64]); 1] = [("ReLU's gain was taken for every activation", &std(2.0 / 300.0))];
    close(
        "std for nothing",
        &[kaiming_std(&shape, FanMode::In, Gain::Linear)],
        &std(1.0 / 300.0),
        1e-12,
        &mistakes,
    );
}

fn moments(weight: &Array<f64>) -> (f64, f64) {
    let mean = weight.iter().sum::<f64>() / weight.size() as f64;
    (mean, (weight.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / weight.size() as f64).sqrt())
}

/// 0.1 for fan-in 200. 100,000 numbers determine a standard deviation to 0.3 %, and the check allows 2 %.
fn drawn(fill: impl Fn(&mut Array<f64>, FanMode, Gain, &mut Rng)) -> (f64, f64, f64) {
    let mut weight = Array::<f64>::zeros([500, 200]);
    fill(&mut weight, FanMode::In, Gain::Relu, &mut Rng::new(0, "init"));
    let (mean, std) = moments(&weight);
    (mean, std, weight.iter().fold(0.0, |most, x| most.max(x.abs())))
}

/// In tenths, since `close` allows for the size of numbers of at least 1.
#[test]
fn even_numbers() {
    let (mean, std, largest) = drawn(|weight, mode, gain, rng| kaiming_uniform(weight, mode, gain, rng));
    let mistakes: [(&str, &[f64]); 2] = [
        (
            "the bound is the standard deviation: even numbers up to b have only b / sqrt(3)",
            &[1.0 / f64::sqrt(3.0)],
        ),
        ("the bound was multiplied by 3 instead of its root", &[f64::sqrt(3.0)]),
    ];
    close("bound: 10 times the standard deviation", &[10.0 * std], &[1.0], 0.02, &mistakes);
    close("bound: 10 times the mean", &[10.0 * mean], &[0.0], 0.02, &[]);
    close("bound: 10 times the largest number", &[10.0 * largest], &[f64::sqrt(3.0)], 0.02, &[]);
}

#[test]
fn normal_numbers() {
    let (mean, std, largest) = drawn(|weight, mode, gain, rng| kaiming_normal(weight, mode, gain, rng));
    let mistakes: [(&str, &[f64]); 1] =
        [("the square of the standard deviation was passed on: `normal` wants the deviation itself", &[0.1])];
    close("normal: 10 times the standard deviation", &[10.0 * std], &[1.0], 0.02, &mistakes);
    close(
        "normal: 10 times the mean",
        &[10.0 * mean],
        &[0.0],
        0.02,
        &[("mean and deviation are swapped", &[1.0])],
    );
    assert!(
        largest > 0.3,
        "normal: no number is larger than 3 standard deviations; these are not normal numbers"
    );
}
