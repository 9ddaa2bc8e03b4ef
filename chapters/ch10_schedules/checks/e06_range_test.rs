//! Checks exercise e06_range_test.

#[allow(unused)]
#[path = "../exercises/e06_range_test.rs"]
mod range_test;

use ch00_start::check::close;
use range_test::RangeTest;

#[test]
fn losses_are_smoothed() {
    let losses = vec![2.0, 4.0, 1.0, 3.0];
    let test = RangeTest { rates: vec![0.1, 0.2, 0.4, 0.8], losses: losses.clone() };
    let (mut mean, mut raw, mut right, mut from_first) = (0.0, Vec::new(), Vec::new(), Vec::new());
    let mut other = losses[0];
    for (i, loss) in losses.iter().enumerate() {
        mean = 0.9 * mean + 0.1 * loss;
        other = 0.9 * other + 0.1 * loss;
        raw.push(mean);
        from_first.push(other);
        right.push(mean / (1.0 - 0.9f64.powi(i as i32 + 1)));
    }
    let late: Vec<f64> = raw.iter().enumerate().map(|(i, m)| m / (1.0 - 0.9f64.powi(i as i32 + 2))).collect();
    let mut heavy = 0.0;
    let swapped: Vec<f64> = losses
        .iter()
        .enumerate()
        .map(|(i, loss)| {
            heavy = 0.1 * heavy + 0.9 * loss;
            heavy / (1.0 - 0.1f64.powi(i as i32 + 1))
        })
        .collect();
    let mistakes: [(&str, &[f64]); 5] = [
        ("not corrected for the beginning at 0: the first losses look small", &raw),
        ("begins at the first loss, which then counts ten times as much as the others", &from_first),
        ("`t` is counted from 1: after the first loss the correction is 1 - s", &late),
        ("the new loss counts 0.9 and what was 0.1", &swapped),
        ("the losses as they are", &losses),
    ];
    close("smoothed", &test.smoothed(), &right, 1e-12, &mistakes);
}

/// Losses whose smoothed values are these.
fn with_smoothed(rates: Vec<f64>, smooth: &[f64]) -> RangeTest {
    let mut mean = 0.0;
    let loss = |(i, s): (usize, &f64)| {
        let next = s * (1.0 - 0.9f64.powi(i as i32 + 1));
        let loss = (next - 0.9 * mean) / 0.1;
        mean = next;
        loss
    };
    RangeTest { rates, losses: smooth.iter().enumerate().map(loss).collect() }
}

#[test]
fn the_steepest_fall() {
    // By the rate it is steepest at 0.01, by its logarithm at 0.2; after the bottom, at 0.8, it explodes and falls again.
    let rates = vec![0.005, 0.01, 0.02, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4];
    let smooth = [3.0, 2.95, 2.8, 2.5, 2.0, 1.2, 1.0, 9.0, 5.0, 4.9];
    let test = with_smoothed(rates, &smooth);
    let got = test.steepest().unwrap_or(f64::NAN);
    let mistakes: [(&str, &[f64]); 3] = [
        ("the slope was taken by the rate, not by its logarithm", &[0.01]),
        ("looked beyond the bottom: what falls after an explosion means nothing", &[3.2]),
        ("that is the rate of the lowest loss, or of the fastest rise", &[0.8]),
    ];
    close("steepest", &[got], &[0.2], 1e-12, &mistakes);
    let short = RangeTest { rates: vec![0.1], losses: vec![1.0] };
    assert_eq!(short.steepest(), None, "steepest: a single step has no slope");
}
