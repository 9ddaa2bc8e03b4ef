//! Checks exercise e05_logsumexp.
#[allow(unused)]
#[path = "../exercises/e05_logsumexp.rs"]
mod logsumexp;

use ch00_start::check::close;
use logsumexp::log_sum_exp;

/// The definition, good as long as the numbers are small.
fn naive(row: &[f64]) -> f64 {
    row.iter().map(|x| x.exp()).sum::<f64>().ln()
}

const INF: f64 = f64::INFINITY;

#[test]
fn small_numbers() {
    // The definition and the stable form round differently, by a few units in the 16th digit.
    for row in [&[0.0, 0.0][..], &[1.0, 2.0, 3.0], &[-5.0, 0.5, 4.0, 4.0], &[-0.25]] {
        let highest = row.iter().copied().fold(-INF, f64::max);
        let lost = naive(row) - highest;
        let mistakes: [(&str, &[f64]); 2] = [
            ("the largest was subtracted, but not added again", &[lost]),
            ("the largest alone is not the sum", &[highest]),
        ];
        close(&format!("log_sum_exp of {row:?}"), &[log_sum_exp(row)], &[naive(row)], 1e-14, &mistakes);
    }
}

#[test]
fn large_numbers() {
    // Adding c to every element adds c to the result: e^c comes out of the sum. So the small row says what is right.
    let row = [1.0, 2.0, 3.0];
    for c in [1000.0, -1000.0, 1e6] {
        let mistakes: [(&str, &[f64]); 2] = [
            ("e^1000 is infinite: subtract the largest element before exp", &[INF]),
            ("e^-1000 is 0, and its logarithm is -inf: subtract the largest element before exp", &[-INF]),
        ];
        let got = log_sum_exp(&row.map(|x| x + c));
        close(&format!("log_sum_exp of {row:?} + {c}"), &[got], &[naive(&row) + c], 1e-14, &mistakes);
    }
    // In f32, the edge is near: e^89 overflows. ln(2) + 100; f32 holds 7 digits.
    let got = f64::from(log_sum_exp(&[100f32, 100.0]));
    close("log_sum_exp of [100, 100] in f32", &[got], &[100.0 + 2f64.ln()], 1e-7, &[]);
    // Many equal elements: x + ln(n). A sum of 2^24 + 1 ones in f32 stays at 2^24, which ln would hide; 1e-6 shows it.
    let many = vec![-50f32; 1 << 16];
    let want = -50.0 + 65536f64.ln();
    close("log_sum_exp of 65536 times -50 in f32", &[f64::from(log_sum_exp(&many))], &[want], 1e-6, &[]);
}

#[test]
fn edges() {
    let nan: (&str, &[f64]) =
        ("inf - inf is NaN: an infinite largest element is the answer itself", &[f64::NAN]);
    for (row, want) in [
        (&[-INF, -INF][..], -INF),
        (&[][..], -INF),
        (&[1.0, INF], INF),
        (&[INF, INF], INF),
        (&[-INF, 2.0], 2.0),
    ] {
        close(&format!("log_sum_exp of {row:?}"), &[log_sum_exp(row)], &[want], 0.0, &[nan]);
    }
    for row in [[f64::NAN, 1.0], [1.0, f64::NAN], [f64::NAN, INF]] {
        assert!(log_sum_exp(&row).is_nan(), "log_sum_exp of {row:?}: NaN must be passed on");
    }
}
