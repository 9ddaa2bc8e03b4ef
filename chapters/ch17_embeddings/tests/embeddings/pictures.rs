//! t-SNE: its gradient, scikit-learn's values, laws, and that clusters stay clusters.

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::assert_close;
use ch17_embeddings::{Tsne, TsneOptions, affinities, tsne, tsne_backward};
use proptest::prelude::*;

use super::golden::{entry, golden};
use super::random;

#[test]
fn gradcheck_tsne() {
    for (seed, (n, size)) in [(5, 2), (8, 3), (2, 2), (6, 1)].into_iter().enumerate() {
        let p = affinities(&random(&[n, 4], seed as u64), if n == 2 { 1.0 } else { 2.0 });
        let y = random(&[n, size], 30 + seed as u64);
        assert_gradient("the places", &tsne_backward(&p, &y), &numerical_gradient(|y| tsne(&p, y), &y));
    }
}

/// scikit-learn takes distances in f32 and stops its bisection when the entropy is off by 1e-5, so its p are good to about
/// 1e-4; divergence and gradient are then taken from its own p, in f64, except for the floor of 2^-52 under all p and q.
#[test]
fn golden_tsne() {
    let golden = golden();
    for case in 0..3 {
        let get = |name: &str| entry(&golden, &format!("tsne.{case}.{name}")).f64().unwrap();
        let (p, y) = (get("p"), get("y"));
        let ours = affinities(&get("x"), get("perplexity").item());
        for (i, (a, b)) in ours.iter().zip(p.iter()).enumerate() {
            assert!((a - b).abs() < 2e-4 * b + 1e-12, "case {case}, p {i}: ours {a}, theirs {b}");
        }
        assert_close(
            &format!("case {case}, divergence"),
            &Array::scalar(tsne(&p, &y)),
            &get("divergence"),
            1e-10,
        );
        assert_close(&format!("case {case}, gradient"), &tsne_backward(&p, &y), &get("gradient"), 1e-10);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The p are symmetric with a sum of 1; moving the whole picture changes nothing, so the forces add up to 0.
    #[test]
    fn property_tsne_does_not_see_where_the_picture_is(n in 4..12usize, seed in 0..1000u64) {
        let p = affinities(&random(&[n, 3], seed), 2.5);
        prop_assert!((p.sum_all() - 1.0).abs() < 1e-12);
        prop_assert_eq!(p.clone().t().copy(), p.copy());
        let y = random(&[n, 2], seed + 1);
        let moved = &y + 3.0;
        prop_assert!((tsne(&p, &y) - tsne(&p, &moved)).abs() < 1e-11);
        let total = tsne_backward(&p, &y).sum(0, false);
        prop_assert!(total.iter().all(|sum| sum.abs() < 1e-12), "{total:?}");
    }

    /// The perplexity of every row of conditional probabilities is the one wanted: for points on a regular polygon all rows are
    /// alike, and p_{j|i} = n p_ij.
    #[test]
    fn the_perplexity_is_met(n in 5..20usize, share in 0.3..0.9f64) {
        let angle = |i: usize| std::f64::consts::TAU * i as f64 / n as f64;
        let x = Array::from_fn([n, 2], |i| if i[1] == 0 { angle(i[0]).cos() } else { angle(i[0]).sin() });
        let wanted = 2.0 + share * (n as f64 - 3.0);
        let p = affinities(&x, wanted);
        let row = p.clone().narrow(0, 0, 1);
        let entropy: f64 = row.iter().map(|p| p * n as f64).filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum();
        prop_assert!((entropy.exp() - wanted).abs() < 1e-6, "{} instead of {wanted}", entropy.exp());
    }
}

/// The sums by rows against the formulas of the page, pair by pair.
#[test]
fn fast_tsne_against_plain() {
    let (n, p) = (9, affinities(&random(&[9, 4], 1), 3.0));
    let y = random(&[n, 2], 2);
    let k =
        |i: usize, j: usize| 1.0 / (1.0 + (y[[i, 0]] - y[[j, 0]]).powi(2) + (y[[i, 1]] - y[[j, 1]]).powi(2));
    let pairs = || (0..n).flat_map(|i| (0..n).filter(move |&j| j != i).map(move |j| (i, j)));
    let z: f64 = pairs().map(|(i, j)| k(i, j)).sum();
    let loss: f64 = pairs().map(|(i, j)| p[[i, j]] * (p[[i, j]] / (k(i, j) / z)).ln()).sum();
    assert!((tsne(&p, &y) - loss).abs() < 1e-12);
    let mut grad = Array::<f64>::zeros([n, 2]);
    for (i, j) in pairs() {
        for axis in 0..2 {
            grad[[i, axis]] += 4.0 * (p[[i, j]] - k(i, j) / z) * k(i, j) * (y[[i, axis]] - y[[j, axis]]);
        }
    }
    assert_close("gradient", &tsne_backward(&p, &y), &grad, 1e-12);
}

/// Three clouds in ten dimensions: in the picture, every point's nearest neighbour is of its own cloud, and the picture is the
/// same on any number of threads.
#[test]
fn clouds_stay_clouds() {
    let mut rng = Rng::new(0, "clouds");
    let x = Array::from_fn([45, 10], |i| rng.normal() + if i[1] == i[0] / 15 { 8.0 } else { 0.0 });
    let options = TsneOptions { perplexity: 6.0, steps: 400, exaggerated_steps: 150, ..Default::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Tsne::fit(&x, &options))
    };
    let tsne = run(1);
    assert!(tsne.divergence < 0.6, "{}", tsne.divergence);
    assert_eq!(tsne.places, run(3).places);
    let y = &tsne.places;
    for i in 0..45 {
        let distance = |j: &usize| (y[[i, 0]] - y[[*j, 0]]).hypot(y[[i, 1]] - y[[*j, 1]]);
        let others = (0..45).filter(|&j| j != i);
        let nearest = others.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap();
        assert_eq!(nearest / 15, i / 15, "point {i} beside point {nearest}");
    }
}

#[test]
#[should_panic(expected = "a perplexity of 5 for points [5, 2]: from 1 to below n")]
fn a_perplexity_of_all_points_is_refused() {
    affinities(&random(&[5, 2], 0), 5.0);
}
