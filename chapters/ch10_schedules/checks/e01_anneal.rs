//! Checks exercise e01_anneal.

#[allow(unused)]
#[path = "../exercises/e01_anneal.rs"]
mod anneal;

use anneal::{cosine, linear};
use ch00_start::check::close;

const SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

#[test]
fn straight() {
    let got = SHARES.map(|share| linear(8.0, 2.0, share));
    let (back, no_start) = ([2.0, 3.5, 5.0, 6.5, 8.0], [0.0, 0.5, 1.0, 1.5, 2.0]);
    let mistakes: [(&str, &[f64]); 2] = [
        ("begins at `to` and ends at `from`", &back),
        ("`from` is not used: it must be the value at share 0", &no_start),
    ];
    close("linear", &got, &[8.0, 6.5, 5.0, 3.5, 2.0], 1e-12, &mistakes);
}

#[test]
fn half_a_wave() {
    let got = SHARES.map(|share| cosine(8.0, 2.0, share));
    // cos(π/4) = √2 / 2, without asking for a cosine.
    let c = 0.5f64.sqrt();
    let wave = |cosines: [f64; 5]| cosines.map(|cosine| 2.0 + 6.0 * (1.0 + cosine) / 2.0);
    let (back, whole) = (wave([-1.0, -c, 0.0, c, 1.0]), wave([1.0, 0.0, -1.0, 0.0, 1.0]));
    let (straight, below) =
        ([8.0, 6.5, 5.0, 3.5, 2.0], [1.0, c, 0.0, -c, -1.0].map(|cosine| 2.0 + 6.0 * cosine));
    let quarter: Vec<f64> =
        SHARES.iter().map(|s| 2.0 + 6.0 * (s * std::f64::consts::FRAC_PI_2).cos()).collect();
    let mistakes: [(&str, &[f64]); 5] = [
        ("begins at `to` and ends at `from`", &back),
        ("a whole wave: it comes back to where it began", &whole),
        ("a straight line", &straight),
        ("the cosine falls to -1, and the value below `to`", &below),
        ("a quarter of a wave: steep at the end", &quarter),
    ];
    close("cosine", &got, &wave([1.0, c, 0.0, -c, -1.0]), 1e-12, &mistakes);
}
