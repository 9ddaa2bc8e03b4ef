//! Checks exercise e05_online_softmax.

#[allow(unused)]
#[path = "../exercises/e05_online_softmax.rs"]
mod online_softmax;

use ch00_start::check::close;
use online_softmax::OnlineSoftmax;

const SCORES: [f64; 5] = [0.5, -1.0, 2.0, 3.5, 1.0];
const VALUES: [f64; 10] = [1.0, 0.0, -2.0, 1.0, 0.5, 3.0, 4.0, -1.0, 2.0, 2.0];

/// Mean and logarithm of the sum with all scores at once; `weight` makes a weight of a key's number and score.
fn mean(weight: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let weights: Vec<f64> = SCORES.iter().enumerate().map(|(j, &s)| weight(j, s)).collect();
    let sum: f64 = weights.iter().sum();
    (0..2).map(|c| (0..5).map(|j| weights[j] * VALUES[2 * j + c]).sum::<f64>() / sum).collect()
}

/// The keys in runs of these lengths.
fn online(lengths: &[usize]) -> (Vec<f64>, f64) {
    let mut online = OnlineSoftmax::<f64>::new(2);
    let mut start = 0;
    for &length in lengths {
        online.see(&SCORES[start..start + length], &VALUES[2 * start..2 * (start + length)]);
        start += length;
    }
    online.finish()
}

fn log_sum() -> f64 {
    SCORES.iter().map(|s| s.exp()).sum::<f64>().ln()
}

#[test]
fn one_run() {
    let (got, sum) = online(&[5]);
    let undivided: Vec<f64> = {
        let sum: f64 = SCORES.iter().map(|s| (s - 3.5).exp()).sum();
        mean(|_, s| s.exp()).iter().map(|y| y * sum).collect()
    };
    let mistakes: [(&str, &[f64]); 1] =
        [("the values are not divided by the sum of the weights", &undivided)];
    close("mean of one run", &got, &mean(|_, s| s.exp()), 1e-12, &mistakes);
    let relative = [log_sum() - 3.5];
    let mistakes: [(&str, &[f64]); 1] =
        [("the sum is relative to the largest score, which must be added", &relative)];
    close("logarithm of the sum", &[sum], &[log_sum()], 1e-12, &mistakes);
}

#[test]
fn runs_with_larger_scores() {
    // The largest score goes 0.5, 2, 3.5: keys 0 and 1 are seen relative to 0.5, key 2 to 2, the others to 3.5.
    let (got, _) = online(&[2, 1, 2]);
    let base = [0.5, 0.5, 2.0, 3.5, 3.5];
    let never_scaled = mean(|j, s| (s - base[j]).exp());
    // Scaled the wrong way round: e^(new - old) each time.
    let inverse = {
        let steps = [3.0, 3.0, 1.5, 0.0, 0.0];
        mean(|j, s| (s - base[j] + steps[j]).exp())
    };
    // The values were scaled, the sum was not, and the other way round.
    let sum = |scaled: bool| -> f64 {
        SCORES.iter().zip(base).map(|(s, base)| (s - if scaled { 3.5 } else { base }).exp()).sum()
    };
    let ratio = |x: Vec<f64>, factor: f64| x.into_iter().map(|y| y * factor).collect::<Vec<f64>>();
    let values_only = ratio(mean(|_, s| s.exp()), sum(true) / sum(false));
    let sum_only = ratio(never_scaled.clone(), sum(false) / sum(true));
    let mistakes: [(&str, &[f64]); 4] = [
        ("what was summed before is not brought to the new largest score", &never_scaled),
        ("the factor is e^(old - new), not its inverse", &inverse),
        ("the values are brought to the new largest score, but the sum is not", &values_only),
        ("the sum is brought to the new largest score, but the values are not", &sum_only),
    ];
    close("mean of three runs", &got, &mean(|_, s| s.exp()), 1e-12, &mistakes);
}

#[test]
fn hidden_keys() {
    let mut online = OnlineSoftmax::<f64>::new(2);
    online.see(&[f64::NEG_INFINITY; 2], &[7.0; 4]);
    assert!(!online.sum.is_nan(), "a run of hidden keys: -inf less -inf is NaN, and stays");
    online.see(&SCORES, &VALUES);
    close("after hidden keys", &online.finish().0, &mean(|_, s| s.exp()), 1e-12, &[]);
}

#[test]
fn large_scores() {
    let mut online = OnlineSoftmax::<f64>::new(1);
    online.see(&[1000.0], &[1.0]);
    online.see(&[1001.0], &[3.0]);
    let p = 1.0 / (1.0 + 1f64.exp());
    let got = online.finish().0;
    let overflow: &[f64] = &[f64::NAN];
    assert!(
        !got[0].is_nan(),
        "large scores: e^1000 overflows; take exponentials relative to the largest score"
    );
    close("large scores", &got, &[p + 3.0 * (1.0 - p)], 1e-12, &[("an exponential overflowed", overflow)]);
}
