//! Checks exercise e07_tsne.

#[allow(unused)]
#[path = "../exercises/e07_tsne.rs"]
mod tsne;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use tsne::{affinities, tsne_backward};

fn random(shape: [usize; 2], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "points"))
}

#[test]
fn perplexity() {
    // Four corners of a square, all alike: the entropy of one fixes p exactly. With a the probability of a side (twice) and
    // 1 - 2a that of the diagonal, search for the a whose entropy is that of the perplexity, by small steps.
    let x = Array::from([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
    for wanted in [2.1f64, 2.5, 2.9] {
        let entropy = |a: f64| -2.0 * a * a.ln() - (1.0 - 2.0 * a) * (1.0 - 2.0 * a).ln();
        let side = (0..200_000).map(|i| 1.0 / 3.0 + f64::from(i) / 1_200_001.0);
        let a = side
            .min_by(|a, b| (entropy(*a) - wanted.ln()).abs().total_cmp(&(entropy(*b) - wanted.ln()).abs()));
        let a = a.expect("some of them");
        // p_ij is the mean of two equal ones, divided by n.
        let row = [0.0, a / 4.0, (1.0 - 2.0 * a) / 4.0, a / 4.0];
        let got = affinities(&x, wanted).to_vec();
        let (only_one, even) = ([0.0, 1.0 / 8.0, 0.0, 1.0 / 8.0], [0.0, 1.0 / 12.0, 1.0 / 12.0, 1.0 / 12.0]);
        let unmoved = {
            let (s, d) = (1.0f64, (-1.0f64).exp());
            let sum = 2.0 * s + d;
            [0.0, s / sum / 4.0, d / sum / 4.0, s / sum / 4.0]
        };
        let mistakes: [(&str, &[f64]); 3] = [
            ("beta grew without end: is the comparison turned round?", &only_one),
            ("beta went to 0: is the comparison turned round?", &even),
            ("beta stayed where it was", &unmoved),
        ];
        close("neighbours of a corner of a square", &got[..4], &row, 1e-5, &mistakes);
    }
}

#[test]
fn gradient() {
    let (n, x, y) = (6, random([6, 4], 1), random([6, 2], 2));
    let (mut p, x) = (Array::zeros([n, n]), x);
    // Any symmetric p with a sum of 1 will do.
    let pair = |i: usize, j: usize| (x[[i, 0]] - x[[j, 0]]).abs();
    let total: f64 = (0..n).map(|i| (0..n).map(|j| pair(i, j)).sum::<f64>()).sum();
    for i in 0..n {
        for j in 0..n {
            p[[i, j]] = pair(i, j) / total;
        }
    }
    let k = |i: usize, j: usize| {
        if i == j { 0.0 } else { 1.0 / (1.0 + (0..2).map(|a| (y[[i, a]] - y[[j, a]]).powi(2)).sum::<f64>()) }
    };
    let z: f64 = (0..n).map(|i| (0..n).map(|j| k(i, j)).sum::<f64>()).sum();
    let with = |force: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        let element = |i: usize, axis: usize| {
            (0..n).map(|j| force(p[[i, j]], k(i, j)) * (y[[i, axis]] - y[[j, axis]])).sum::<f64>()
        };
        (0..2 * n).map(|e| element(e / 2, e % 2)).collect()
    };
    let want = with(&|p, k| 4.0 * (p - k / z) * k);
    let no_kernel = with(&|p, k| 4.0 * (p - k / z));
    let no_four = with(&|p, k| (p - k / z) * k);
    let turned = with(&|p, k| -4.0 * (p - k / z) * k);
    let not_divided = with(&|p, k| 4.0 * (p - k) * k);
    let mistakes: [(&str, &[f64]); 4] = [
        ("the factor k of Student's t is missing", &no_kernel),
        ("the factor 4 is missing", &no_four),
        ("points are pushed apart that should come together", &turned),
        ("q is k / z, not k", &not_divided),
    ];
    close("gradient of the picture", &tsne_backward(&p, &y).to_vec(), &want, 1e-12, &mistakes);
}
