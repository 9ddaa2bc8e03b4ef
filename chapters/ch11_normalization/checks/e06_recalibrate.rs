//! Checks exercise e06_recalibrate.

#[allow(unused)]
#[path = "../exercises/e06_recalibrate.rs"]
mod recalibrate;

use ch00_start::check::close;
use ch01_tensors::Rng;
use recalibrate::pooled;

/// Mean and the sum of squared distances from it.
fn moments(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum())
}

#[test]
fn two_parts() {
    let mut rng = Rng::new(0, "numbers");
    for (before, m) in [(8, 4), (3, 9), (40, 5)] {
        // The newer numbers lie elsewhere, so that the distance between the means counts.
        let x: Vec<f64> =
            (0..before + m).map(|i| rng.normal() + if i < before { 0.0 } else { 3.0 }).collect();
        let (all, (old, new)) = (moments(&x), (moments(&x[..before]), moments(&x[before..])));
        let (n, m) = ((before + m) as f64, m as f64);
        let (share, old_variance) = (m / n, old.1 / (n - m - 1.0));
        let [mean, variance] = pooled(share, m, [old.0, old_variance], [new.0, new.1 / m]);
        let plain = (old.0 + new.0) / 2.0;
        let swapped = share * old.0 + (1.0 - share) * new.0;
        let mistakes: [(&str, &[f64]); 2] = [
            ("both parts count the same, whatever their sizes", &[plain]),
            ("the shares are exchanged: `share` belongs to the new numbers", &[swapped]),
        ];
        close("mean", &[mean], &[all.0], 1e-12, &mistakes);
        let within = (old.1 + new.1) / (n - 1.0);
        let biased = all.1 / n;
        let as_it_is = (1.0 - share) * old_variance
            + share * new.1 / m
            + share * (1.0 - share) * (new.0 - old.0).powi(2);
        let mistakes: [(&str, &[f64]); 3] = [
            ("the part between the means is missing", &[within]),
            ("divided by n instead of n - 1: not the unbiased variance", &[biased]),
            ("unbiased and plain variances were mixed", &[as_it_is]),
        ];
        close("variance", &[variance], &[all.1 / (n - 1.0)], 1e-12, &mistakes);
    }
}

#[test]
fn the_first_part() {
    // What the layer held before does not count, be it infinite.
    let [mean, variance] = pooled(1.0, 4.0, [f64::INFINITY, f64::NAN], [2.0, 0.75]);
    close(
        "mean of the first batch",
        &[mean],
        &[2.0],
        1e-12,
        &[("what stood there before counts", &[f64::NAN])],
    );
    let mistakes: [(&str, &[f64]); 2] = [
        ("what stood there before counts", &[f64::NAN]),
        ("divided by n instead of n - 1: not the unbiased variance", &[0.75]),
    ];
    close("variance of the first batch", &[variance], &[1.0], 1e-12, &mistakes);
}
