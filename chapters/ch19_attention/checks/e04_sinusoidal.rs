//! Checks exercise e04_sinusoidal.

#[allow(unused)]
#[path = "../exercises/e04_sinusoidal.rs"]
mod sinusoidal;

use ch00_start::check::close;
use sinusoidal::sinusoidal_positions;

/// Six positions with four features: the frequencies are 1 and 1/100.
fn table(value: impl Fn(f64, usize) -> f64) -> Vec<f64> {
    (0..24).map(|i| value((i / 4) as f64, i % 4)).collect()
}

#[test]
fn waves() {
    let wave = |angle: f64, feature: usize| if feature % 2 == 0 { angle.sin() } else { angle.cos() };
    let frequency = [1.0, 1.0, 0.01, 0.01];
    let want = table(|t, f| wave(t * frequency[f], f));
    let swapped = table(|t, f| wave(t * frequency[f], f + 1));
    let own = table(|t, f| wave(t * 10f64.powi(-(f as i32)), f));
    let halved = table(|t, f| wave(t * [1.0, 1.0, 0.1, 0.1][f], f));
    let mistakes: [(&str, &[f64]); 3] = [
        ("sine belongs to the even features, cosine to the odd ones", &swapped),
        ("a sine and its cosine share one frequency, that of the pair", &own),
        ("the exponent is -2i / size: the pair's number counts twice", &halved),
    ];
    close("table", &sinusoidal_positions::<f64>(6, 4).to_vec(), &want, 1e-12, &mistakes);
}
