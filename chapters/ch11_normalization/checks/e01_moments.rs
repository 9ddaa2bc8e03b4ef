//! Checks exercise e01_moments.

#[allow(unused)]
#[path = "../exercises/e01_moments.rs"]
mod moments;

use ch00_start::check::close;
use ch01_tensors::Rng;
use moments::moments;

#[test]
fn random_rows() {
    let mut rng = Rng::new(0, "row");
    for n in [2, 3, 16, 17, 100, 1000] {
        let x: Vec<f64> = (0..n).map(|_| 3.0 * rng.normal() + 1.0).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
        let (got_mean, got_variance) = moments(&x);
        let mistakes: [(&str, &[f64]); 1] = [("not divided by n", &[mean * n as f64])];
        close("mean", &[got_mean], &[mean], 1e-12, &mistakes);
        let mistakes: [(&str, &[f64]); 3] = [
            ("divided by n - 1 instead of n", &[squares / (n - 1) as f64]),
            ("not divided by n", &[squares]),
            ("the root was taken: that is the standard deviation", &[(squares / n as f64).sqrt()]),
        ];
        close("variance", &[got_variance], &[squares / n as f64], 1e-12, &mistakes);
    }
}

#[test]
fn a_constant_row_has_no_variance() {
    let (mean, variance) = moments(&[2.5f64; 20]);
    close("mean of a constant row", &[mean], &[2.5], 1e-12, &[]);
    close("variance of a constant row", &[variance], &[0.0], 1e-12, &[]);
}

/// In 32 bits 8193² is rounded to 8192² + 2 * 8192. All sums of these squares are exact, in any order, and the two sides of the
/// one-pass formula come out equal.
#[test]
fn far_from_zero() {
    let (mean, variance) = moments(&[8192.0f32, 8193.0, 8192.0, 8193.0]);
    close("mean", &[f64::from(mean)], &[8192.5], 1e-7, &[]);
    let mistakes: [(&str, &[f64]); 1] =
        [("mean of squares minus square of the mean: the digits cancel", &[0.0])];
    close("variance", &[f64::from(variance)], &[0.25], 1e-7, &mistakes);
}
