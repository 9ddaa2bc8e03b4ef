//! Every backward pass against numerical gradients, in f64, element by element, for every reduction.
//!
//! Inputs are drawn away from kinks: where `|x - y|` of MAE or the hinge of a margin loss bends, a difference quotient
//! straddles the bend and means nothing. Steps are at most 2e-3 max(1, |x|), so a distance of 0.05 is enough.

use crate::support::*;
use ch01_tensors::{Array, Rng, Shape};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch04_losses::*;

/// Compares `backward(g, x)` with the numerical gradient of `forward(x)`, weighted by the same `g`.
#[track_caller]
fn check(
    what: &str,
    x: &Array<f64>,
    forward: impl Fn(&Array<f64>) -> Array<f64>,
    backward: impl Fn(&Array<f64>) -> Array<f64>,
) {
    let g = upstream(forward(x).shape());
    assert_gradient(what, &backward(&g), &numerical_gradient(|x| weighted(forward(x)), x));
}

/// A target whose distance from `x` is at least 0.05 away from each of the kinks.
fn away(x: &Array<f64>, kinks: &[f64], rng: &mut Rng) -> Array<f64> {
    x + Array::from_fn(*x.shape(), |_| {
        loop {
            let d = 1.5 * rng.normal();
            if kinks.iter().all(|kink| (d.abs() - kink).abs() > 0.05) {
                return d;
            }
        }
    })
}

#[test]
fn gradcheck_mse() {
    let mut rng = Rng::new(1, "mse");
    let (x, y) = (normal([3, 4], 1.0, &mut rng), normal([3, 4], 1.0, &mut rng));
    for r in REDUCTIONS {
        check("mse", &x, |x| mse(x, &y, r), |g| mse_backward(g, &x, &y, r));
        check("mse, target", &y, |y| mse(&x, y, r), |g| -mse_backward(g, &x, &y, r));
    }
}

#[test]
fn gradcheck_mae() {
    let mut rng = Rng::new(1, "mae");
    let x = normal([3, 4], 1.0, &mut rng);
    let y = away(&x, &[0.0], &mut rng);
    for r in REDUCTIONS {
        check("mae", &x, |x| mae(x, &y, r), |g| mae_backward(g, &x, &y, r));
        check("mae, target", &y, |y| mae(&x, y, r), |g| -mae_backward(g, &x, &y, r));
    }
}

#[test]
fn gradcheck_huber() {
    let mut rng = Rng::new(1, "huber");
    let x = normal([4, 5], 1.0, &mut rng);
    for delta in [0.3, 1.0, 2.0] {
        let y = away(&x, &[delta], &mut rng);
        for r in REDUCTIONS {
            check("huber", &x, |x| huber(x, &y, delta, r), |g| huber_backward(g, &x, &y, delta, r));
            check("huber, target", &y, |y| huber(&x, y, delta, r), |g| -huber_backward(g, &x, &y, delta, r));
        }
    }
}

#[test]
fn gradcheck_smooth_l1() {
    let mut rng = Rng::new(1, "smooth_l1");
    let x = normal([4, 5], 1.0, &mut rng);
    for beta in [0.0, 0.3, 2.0] {
        let y = away(&x, &[beta], &mut rng);
        for r in REDUCTIONS {
            check("smooth_l1", &x, |x| smooth_l1(x, &y, beta, r), |g| smooth_l1_backward(g, &x, &y, beta, r));
        }
    }
}

#[test]
fn gradcheck_cross_entropy() {
    let mut rng = Rng::new(1, "cross_entropy");
    for shape in [&[4, 5][..], &[3, 4, 2], &[2, 3, 2, 2]] {
        let (z, shape) = (normal(shape, 2.0, &mut rng), Shape::from(shape));
        let mut hard = labels(shape.without(1), shape[1], &mut rng);
        hard.data_mut()[1] = -100;
        let soft = probabilities(shape, &mut rng);
        let weight = Array::<f64>::uniform([shape[1]], 0.5, 2.0, &mut rng);
        for (label_smoothing, weight) in
            [(0.0, None), (0.1, None), (0.0, Some(&weight)), (0.2, Some(&weight))]
        {
            for reduction in REDUCTIONS {
                let ce =
                    CrossEntropy { label_smoothing, weight: weight.cloned(), reduction, ignore_index: -100 };
                check("logits", &z, |z| ce.forward(z, &hard), |g| ce.backward(g, &z, &hard));
                check("logits, soft", &z, |z| ce.forward(z, &soft), |g| ce.backward(g, &z, &soft));
            }
        }
    }
}

#[test]
fn gradcheck_nll() {
    let mut rng = Rng::new(1, "nll");
    for shape in [&[4, 5][..], &[3, 4, 2]] {
        let (x, shape) = (normal(shape, 1.0, &mut rng), Shape::from(shape));
        let mut y = labels(shape.without(1), shape[1], &mut rng);
        y.data_mut()[0] = 1;
        y.data_mut()[2] = -1;
        let weight = Array::<f64>::uniform([shape[1]], 0.5, 2.0, &mut rng);
        for (reduction, weight) in REDUCTIONS.iter().flat_map(|&r| [(r, None), (r, Some(weight.clone()))]) {
            let nll = Nll { weight, ignore_index: -1, reduction };
            check("nll", &x, |x| nll.forward(x, &y), |g| nll.backward(g, &x, &y));
        }
    }
}

#[test]
fn gradcheck_kl_div() {
    let mut rng = Rng::new(1, "kl_div");
    let log_q = probabilities([3, 4], &mut rng).ln();
    let mut p = probabilities([3, 4], &mut rng);
    p[[1, 2]] = 0.0;
    for reduction in REDUCTIONS {
        let kl = KlDiv { log_target: false, reduction };
        check("kl_div", &log_q, |x| kl.forward(x, &p), |g| kl.backward(g, &log_q, &p));
        let (kl, log_p) = (KlDiv { log_target: true, reduction }, (&p + 0.1).ln());
        check("kl_div, log", &log_q, |x| kl.forward(x, &log_p), |g| kl.backward(g, &log_q, &log_p));
    }
}

#[test]
fn gradcheck_bce_with_logits() {
    let mut rng = Rng::new(1, "bce");
    let x = normal([4, 3], 3.0, &mut rng);
    let y = Array::<f64>::uniform([4, 3], 0.0, 1.0, &mut rng);
    let weight = Array::<f64>::uniform([4, 1], 0.5, 2.0, &mut rng);
    let pos_weight = Array::<f64>::uniform([3], 0.5, 5.0, &mut rng);
    for reduction in REDUCTIONS {
        for (weight, pos_weight) in
            [(None, None), (None, Some(&pos_weight)), (Some(&weight), Some(&pos_weight))]
        {
            let bce = BceWithLogits { weight: weight.cloned(), pos_weight: pos_weight.cloned(), reduction };
            check("bce", &x, |x| bce.forward(x, &y), |g| bce.backward(g, &x, &y));
        }
    }
}

#[test]
fn gradcheck_focal() {
    let mut rng = Rng::new(1, "focal");
    let x = normal([4, 5], 2.0, &mut rng);
    let hard = Array::from_fn([4, 5], |_| rng.below(2) as f64);
    let soft = Array::<f64>::uniform([4, 5], 0.1, 0.9, &mut rng);
    for reduction in REDUCTIONS {
        for (alpha, gamma) in [(Some(0.25), 2.0), (None, 0.5), (Some(0.7), 0.0), (None, 5.0)] {
            let focal = Focal { alpha, gamma, reduction };
            for y in [&hard, &soft] {
                check("focal", &x, |x| focal.forward(x, y), |g| focal.backward(g, &x, y));
            }
        }
    }
}

#[test]
fn gradcheck_coral() {
    let mut rng = Rng::new(1, "coral");
    let z = normal([6, 4], 2.0, &mut rng);
    let y = labels([6], 5, &mut rng);
    let importance = Array::<f64>::uniform([4], 0.5, 2.0, &mut rng);
    for (reduction, importance) in REDUCTIONS.iter().flat_map(|&r| [(r, None), (r, Some(importance.clone()))])
    {
        let coral = Coral { importance, reduction };
        check("coral", &z, |z| coral.forward(z, &y), |g| coral.backward(g, &z, &y));
    }
}

#[test]
fn gradcheck_contrastive() {
    let mut rng = Rng::new(1, "contrastive");
    let (a, b) = (normal([8, 3], 1.0, &mut rng), normal([8, 3], 1.0, &mut rng));
    let y = labels([8], 2, &mut rng);
    let d = (&a - &b).map(|x| x * x).sum(-1, false).sqrt();
    for (margin, reduction) in REDUCTIONS.iter().flat_map(|&r| [(1.0, r), (3.0, r)]) {
        assert!(d.iter().all(|d| (d - margin).abs() > 0.02 && d > 0.1), "away from the kinks: {d:?}");
        let loss = Contrastive { margin, reduction };
        check("contrastive, a", &a, |a| loss.forward(a, &b, &y), |g| loss.backward(g, &a, &b, &y).0);
        check("contrastive, b", &b, |b| loss.forward(&a, b, &y), |g| loss.backward(g, &a, &b, &y).1);
    }
}

#[test]
fn gradcheck_triplet() {
    let mut rng = Rng::new(2, "triplet");
    let [a, p, n] = std::array::from_fn(|_| normal([8, 4], 1.0, &mut rng));
    for (swap, reduction) in REDUCTIONS.iter().flat_map(|&r| [(false, r), (true, r)]) {
        let loss = Triplet { margin: 0.7, swap, reduction, ..Default::default() };
        let terms = Triplet { reduction: Reduction::None, ..loss }.forward(&a, &p, &n);
        let active = terms.iter().filter(|&term| term > 0.0).count();
        assert!((1..8).contains(&active) && terms.iter().all(|term| term == 0.0 || term > 0.02), "{terms:?}");
        check("triplet, anchor", &a, |a| loss.forward(a, &p, &n), |g| loss.backward(g, &a, &p, &n).0);
        check("triplet, positive", &p, |p| loss.forward(&a, p, &n), |g| loss.backward(g, &a, &p, &n).1);
        check("triplet, negative", &n, |n| loss.forward(&a, &p, n), |g| loss.backward(g, &a, &p, &n).2);
    }
}

#[test]
fn gradcheck_cosine_embedding() {
    let mut rng = Rng::new(1, "cosine");
    let (a, b) = (normal([8, 3], 1.0, &mut rng), normal([8, 3], 1.0, &mut rng));
    let y = labels([8], 2, &mut rng).map(|y| 2 * y - 1);
    for (margin, reduction) in REDUCTIONS.iter().flat_map(|&r| [(0.0, r), (0.3, r)]) {
        let loss = CosineEmbedding { margin, reduction };
        check("cosine, a", &a, |a| loss.forward(a, &b, &y), |g| loss.backward(g, &a, &b, &y).0);
        check("cosine, b", &b, |b| loss.forward(&a, b, &y), |g| loss.backward(g, &a, &b, &y).1);
    }
}
