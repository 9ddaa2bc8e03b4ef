//! The path in use, f32, against plain loops in f64 written from the definitions, over random shapes, backward too; and
//! extreme inputs, which must stay finite.
//!
//! Tolerance: 3e-6 (relative beyond 1) for values and gradients: f32 rounds to 6e-8, rows here sum up to 40 terms, and
//! inputs are below 20, so that one rounding of an input already moves a loss by 1e-6.

use crate::support::*;
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::numerical_gradient;
use ch04_losses::*;

#[track_caller]
fn near(what: &str, fast: &Tensor, plain: &Array<f64>) {
    assert_eq!(fast.shape(), plain.shape(), "{what}");
    for (i, (f, p)) in fast.iter().zip(plain.iter()).enumerate() {
        let off = (f64::from(f) - p).abs();
        assert!(off <= 3e-6 * p.abs().max(1.0), "{what}, element {i}: {f} fast, {p} plain");
    }
}

/// Rounds to 32 bits and back, so that both sides get the same input.
fn rounded(x: Array<f64>) -> Array<f64> {
    x.to_f32().to_f64()
}

/// Compares loss and gradient in x with the plain loss, whose gradient is numerical.
#[track_caller]
fn compare(
    what: &str,
    x: &Array<f64>,
    plain: impl Fn(&Array<f64>) -> f64,
    forward: impl Fn(&Tensor) -> Tensor,
    backward: impl Fn(&Tensor) -> Tensor,
) {
    let fast = x.to_f32();
    near(what, &forward(&fast), &Array::scalar(plain(x)));
    near(what, &backward(&fast), &numerical_gradient(&plain, x));
}

fn one() -> Tensor {
    Array::scalar(1.0)
}

/// Some shapes of a batch: rows and columns.
fn sizes(rng: &mut Rng) -> Vec<[usize; 2]> {
    (0..8).map(|_| [1 + rng.below(9), 1 + rng.below(12)]).collect()
}

fn mean(terms: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = terms.len() as f64;
    terms.sum::<f64>() / count
}

/// Plain mean over pairs of elements.
fn pairwise(x: &Array<f64>, y: &Array<f64>, term: impl Fn(f64, f64) -> f64) -> f64 {
    mean(x.to_vec().into_iter().zip(y.to_vec()).map(|(x, y)| term(x, y)))
}

/// Plain mean over rows.
fn by_row(x: &Array<f64>, term: impl Fn(usize, &[f64]) -> f64) -> f64 {
    let width = x.dim(-1);
    mean(x.to_vec().chunks(width).enumerate().map(|(i, row)| term(i, row)))
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Numbers at least 0.05 away from `y` and from each kink beside it.
fn apart(y: &Array<f64>, kink: f64, rng: &mut Rng) -> Array<f64> {
    let mut distance = || loop {
        let d = 3.0 * rng.normal();
        if d.abs() > 0.05 && (d.abs() - kink).abs() > 0.05 {
            return d;
        }
    };
    rounded(y + Array::from_fn(*y.shape(), |_| distance()))
}

#[test]
fn fast_mse_against_plain() {
    let mut rng = Rng::new(3, "mse");
    for shape in sizes(&mut rng) {
        let [x, y] = std::array::from_fn(|_| rounded(normal(shape, 2.0, &mut rng)));
        let (t, r) = (y.to_f32(), Reduction::Mean);
        let plain = |x: &_| pairwise(x, &y, |x, y| (x - y).powi(2));
        compare("mse", &x, plain, |x| mse(x, &t, r), |x| mse_backward(&one(), x, &t, r));
    }
}

#[test]
fn fast_mae_against_plain() {
    let mut rng = Rng::new(3, "mae");
    for shape in sizes(&mut rng) {
        let y = rounded(normal(shape, 2.0, &mut rng));
        let (x, t, r) = (apart(&y, 0.0, &mut rng), y.to_f32(), Reduction::Mean);
        let plain = |x: &_| pairwise(x, &y, |x, y| (x - y).abs());
        compare("mae", &x, plain, |x| mae(x, &t, r), |x| mae_backward(&one(), x, &t, r));
    }
}

#[test]
fn fast_huber_against_plain() {
    let mut rng = Rng::new(3, "huber");
    for shape in sizes(&mut rng) {
        let y = rounded(normal(shape, 2.0, &mut rng));
        let (x, t, r) = (apart(&y, 1.5, &mut rng), y.to_f32(), Reduction::Mean);
        let term = |d: f64| if d < 1.5 { 0.5 * d * d } else { 1.5 * d - 1.125 };
        let plain = |x: &_| pairwise(x, &y, |x, y| term((x - y).abs()));
        compare("huber", &x, plain, |x| huber(x, &t, 1.5, r), |x| huber_backward(&one(), x, &t, 1.5, r));
    }
}

#[test]
fn fast_smooth_l1_against_plain() {
    let mut rng = Rng::new(3, "smooth_l1");
    for shape in sizes(&mut rng) {
        let y = rounded(normal(shape, 2.0, &mut rng));
        let (x, t, r) = (apart(&y, 0.5, &mut rng), y.to_f32(), Reduction::Mean);
        let term = |d: f64| if d < 0.5 { d * d } else { d - 0.25 };
        let plain = |x: &_| pairwise(x, &y, |x, y| term((x - y).abs()));
        compare(
            "smooth_l1",
            &x,
            plain,
            |x| smooth_l1(x, &t, 0.5, r),
            |x| smooth_l1_backward(&one(), x, &t, 0.5, r),
        );
    }
}

#[test]
fn fast_cross_entropy_against_plain() {
    let mut rng = Rng::new(3, "cross_entropy");
    for shape in sizes(&mut rng).into_iter().chain([[3, 40]]) {
        let (z, y) = (rounded(normal(shape, 3.0, &mut rng)), labels([shape[0]], shape[1], &mut rng));
        for smoothing in [0.0, 0.1] {
            let q = smooth_labels::<f64>(&y, shape[1], smoothing);
            let row = |i: usize, z: &[f64]| {
                let sum: f64 = z.iter().map(|z| z.exp()).sum();
                (0..z.len()).map(|c| -q[[i, c]] * (z[c].exp() / sum).ln()).sum()
            };
            let ce = CrossEntropy { label_smoothing: smoothing, ..Default::default() };
            let plain = |z: &_| by_row(z, row);
            compare("cross_entropy", &z, plain, |z| ce.forward(z, &y), |z| ce.backward(&one(), z, &y));
        }
    }
}

#[test]
fn fast_cross_entropy_is_the_same_on_many_rows() {
    // Enough scores for several threads; rows are independent, so a batch must give what its rows give.
    let mut rng = Rng::new(3, "many");
    let (n, c) = (700, 130);
    let (z, y) = (Tensor::normal([n, c], 0.0, 3.0, &mut rng), labels([n], c, &mut rng));
    let ce = CrossEntropy { reduction: Reduction::None, ..Default::default() };
    let (all, g) = (ce.forward(&z, &y), upstream::<f32>(&[n].into()));
    let gradient = ce.backward(&g, &z, &y);
    for i in [0, 1, 350, 699] {
        let row = Array::from_slice(&z.data()[i * c..][..c], [1, c]);
        let label = Array::from([y[[i]]]);
        assert_eq!(ce.forward(&row, &label).item(), all[[i]]);
        let alone = ce.backward(&Array::from([g[[i]]]), &row, &label);
        assert_eq!(alone.data(), &gradient.data()[i * c..][..c]);
    }
}

#[test]
fn fast_nll_against_plain() {
    let mut rng = Rng::new(3, "nll");
    for shape in sizes(&mut rng) {
        let (x, y) = (rounded(normal(shape, 3.0, &mut rng)), labels([shape[0]], shape[1], &mut rng));
        let nll = Nll::default();
        let plain = |x: &_| by_row(x, |i, row| -row[y[[i]] as usize]);
        compare("nll", &x, plain, |x| nll.forward(x, &y), |x| nll.backward(&one(), x, &y));
    }
}

#[test]
fn fast_kl_div_against_plain() {
    let mut rng = Rng::new(3, "kl_div");
    for shape in sizes(&mut rng) {
        let x = rounded(normal(shape, 3.0, &mut rng));
        let p = rounded(probabilities(shape, &mut rng));
        let (kl, t) = (KlDiv::default(), p.to_f32());
        let plain = |x: &_| by_row(x, |i, x| (0..x.len()).map(|c| p[[i, c]] * (p[[i, c]].ln() - x[c])).sum());
        compare("kl_div", &x, plain, |x| kl.forward(x, &t), |x| kl.backward(&one(), x, &t));
    }
}

#[test]
fn fast_bce_with_logits_against_plain() {
    let mut rng = Rng::new(3, "bce");
    for shape in sizes(&mut rng) {
        let x = rounded(normal(shape, 3.0, &mut rng));
        let y = rounded(Array::uniform(shape, 0.0, 1.0, &mut rng));
        let (bce, t) =
            (BceWithLogits { pos_weight: Some(Array::scalar(3.0)), ..Default::default() }, y.to_f32());
        let term = |x: f64, y: f64| -3.0 * y * sigma(x).ln() - (1.0 - y) * sigma(-x).ln();
        let plain = |x: &_| pairwise(x, &y, term);
        compare("bce", &x, plain, |x| bce.forward(x, &t), |x| bce.backward(&one(), x, &t));
    }
}

#[test]
fn fast_focal_against_plain() {
    let mut rng = Rng::new(3, "focal");
    for shape in sizes(&mut rng) {
        let x = rounded(normal(shape, 3.0, &mut rng));
        let y = labels(shape, 2, &mut rng).cast::<f64>();
        let (focal, t) = (Focal::default(), y.to_f32());
        let term = |x: f64, y: f64| {
            let (p, a) = if y == 1.0 { (sigma(x), 0.25) } else { (sigma(-x), 0.75) };
            -a * (1.0 - p).powi(2) * p.ln()
        };
        let plain = |x: &_| pairwise(x, &y, term);
        compare("focal", &x, plain, |x| focal.forward(x, &t), |x| focal.backward(&one(), x, &t));
    }
}

#[test]
fn fast_coral_against_plain() {
    let mut rng = Rng::new(3, "coral");
    for shape in sizes(&mut rng) {
        let (z, y) = (rounded(normal(shape, 3.0, &mut rng)), labels([shape[0]], shape[1] + 1, &mut rng));
        let coral = Coral::default();
        let sign = |above: bool| if above { 1.0 } else { -1.0 };
        let row =
            |i: usize, z: &[f64]| (0..z.len()).map(|k| -sigma(sign(y[[i]] > k as i64) * z[k]).ln()).sum();
        let plain = |z: &_| by_row(z, row);
        compare("coral", &z, plain, |z| coral.forward(z, &y), |z| coral.backward(&one(), z, &y));
    }
}

fn distance(a: &[f64], b: &[f64], eps: f64) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b + eps).powi(2)).sum::<f64>().sqrt()
}

/// Row `i` of a matrix.
fn row(x: &Array<f64>, i: usize) -> Vec<f64> {
    let width = x.dim(-1);
    x.to_vec()[i * width..][..width].to_vec()
}

#[test]
fn fast_contrastive_against_plain() {
    let mut rng = Rng::new(3, "contrastive");
    for shape in sizes(&mut rng) {
        let [a, b] = std::array::from_fn(|_| rounded(normal(shape, 1.0, &mut rng)));
        let y = labels([shape[0]], 2, &mut rng);
        // A margin in the middle of a gap between the distances stays away from every kink.
        let mut d: Vec<f64> = (0..shape[0]).map(|i| distance(&row(&a, i), &row(&b, i), 0.0)).collect();
        d.extend([0.0, 8.0]);
        d.sort_by(f64::total_cmp);
        let gap = d.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0]))).unwrap();
        let loss = Contrastive { margin: (gap[0] + gap[1]) / 2.0, reduction: Reduction::Mean };
        let term = |i: usize, a: &[f64]| {
            let d = distance(a, &row(&b, i), 0.0);
            let stretch = if y[[i]] == 1 { d } else { (loss.margin - d).max(0.0) };
            stretch * stretch / 2.0
        };
        let (plain, b) = (|a: &_| by_row(a, term), b.to_f32());
        compare(
            "contrastive",
            &a,
            plain,
            |a| loss.forward(a, &b, &y),
            |a| loss.backward(&one(), a, &b, &y).0,
        );
    }
}

#[test]
fn fast_triplet_against_plain() {
    let mut rng = Rng::new(3, "triplet");
    let loss = Triplet::default();
    for shape in sizes(&mut rng) {
        let [a, p, n] = std::array::from_fn(|_| rounded(normal(shape, 1.0, &mut rng)));
        let hinge =
            |i: usize, a: &[f64]| 1.0 + distance(a, &row(&p, i), 1e-6) - distance(a, &row(&n, i), 1e-6);
        if (0..shape[0])
            .any(|i| hinge(i, &row(&a, i)).abs() < 0.01 || distance(&row(&a, i), &row(&p, i), 0.0) < 0.1)
        {
            continue;
        }
        let plain = |a: &_| by_row(a, |i, a| hinge(i, a).max(0.0));
        let (p, n) = (p.to_f32(), n.to_f32());
        compare("triplet", &a, plain, |a| loss.forward(a, &p, &n), |a| loss.backward(&one(), a, &p, &n).0);
    }
}

#[test]
fn fast_cosine_embedding_against_plain() {
    let mut rng = Rng::new(3, "cosine");
    let loss = CosineEmbedding { margin: -1.0, reduction: Reduction::Mean };
    for [n, d] in sizes(&mut rng) {
        let shape = [n, d + 1];
        let [a, b] = std::array::from_fn(|_| rounded(normal(shape, 1.0, &mut rng)));
        let y = labels([n], 2, &mut rng).map(|y| 2 * y - 1);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let term = |i: usize, a: &[f64]| {
            let b = row(&b, i);
            let c = dot(a, &b) / (dot(a, a) * dot(&b, &b)).sqrt();
            if y[[i]] == 1 { 1.0 - c } else { c + 1.0 }
        };
        let (plain, b) = (|a: &_| by_row(a, term), b.to_f32());
        compare("cosine", &a, plain, |a| loss.forward(a, &b, &y), |a| loss.backward(&one(), a, &b, &y).0);
    }
}

#[test]
fn extreme_inputs_stay_finite() {
    let finite = |what: &str, loss: Tensor, gradients: &[Tensor]| {
        assert!(loss.iter().all(f32::is_finite), "{what}: {loss:?}");
        assert!(gradients.iter().all(|g| g.iter().all(f32::is_finite)), "{what}: {gradients:?}");
    };
    let z = Tensor::from([[1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [-1e4, -1e4]]);
    let y = Array::<i64>::from([1, 0, 0, 1]);
    for label_smoothing in [0.0, 0.1] {
        let ce = CrossEntropy { label_smoothing, ..Default::default() };
        finite("cross_entropy", ce.forward(&z, &y), &[ce.backward(&one(), &z, &y)]);
    }
    let ones = Tensor::from([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]);
    let bce = BceWithLogits { pos_weight: Some(Array::scalar(99.0)), ..Default::default() };
    finite("bce", bce.forward(&z, &ones), &[bce.backward(&one(), &z, &ones)]);
    for gamma in [0.0, 0.5, 2.0] {
        let focal = Focal { gamma, ..Focal::default() };
        finite("focal", focal.forward(&z, &ones), &[focal.backward(&one(), &z, &ones)]);
    }
    let coral = Coral::default();
    finite("coral", coral.forward(&z, &y), &[coral.backward(&one(), &z, &y)]);
    for delta in [0.1, 10.0] {
        let r = Reduction::Mean;
        finite("huber", huber(&z, &ones, delta, r), &[huber_backward(&one(), &z, &ones, delta, r)]);
    }
    let (zero, sign) = (z.zeros_like(), y.clone().map(|y| 2 * y - 1));
    for (a, b) in [(&z, &z), (&z, &zero), (&zero, &zero)] {
        let (da, db) = Contrastive::default().backward(&one(), a, b, &y);
        finite("contrastive", Contrastive::default().forward(a, b, &y), &[da, db]);
        let (da, db) = CosineEmbedding::default().backward(&one(), a, b, &sign);
        finite("cosine", CosineEmbedding::default().forward(a, b, &sign), &[da, db]);
        let (da, dp, dn) = Triplet::default().backward(&one(), a, b, a);
        finite("triplet", Triplet::default().forward(a, b, a), &[da, dp, dn]);
    }
    // A class that cannot be, where it is not expected.
    let (z, y) = (Tensor::from([[f32::NEG_INFINITY, 1.0, 2.0]]), Array::<i64>::from([2]));
    let ce = CrossEntropy::default();
    finite("impossible class", ce.forward(&z, &y), &[ce.backward(&one(), &z, &y)]);
}
