//! Laws that the losses must keep, for random shapes and numbers (proptest), in f64.
//!
//! Tolerance 1e-12 (relative beyond 1): a few dozen operations, each rounded to 1e-16 of numbers below 100.

use crate::support::*;
use approx::assert_relative_eq;
use ch01_tensors::{Array, Rng};
use ch04_losses::*;
use proptest::prelude::*;

/// Equal up to rounding.
#[track_caller]
fn near(a: &Array<f64>, b: &Array<f64>) {
    assert_eq!(a.shape(), b.shape());
    for (a, b) in a.iter().zip(b.iter()) {
        assert_relative_eq!(a, b, epsilon = 1e-12, max_relative = 1e-12);
    }
}

fn one() -> Array<f64> {
    Array::scalar(1.0)
}

fn ce(label_smoothing: f64) -> CrossEntropy<f64> {
    CrossEntropy { label_smoothing, ..Default::default() }
}

/// Takes the same number of rows from any array, in the order given.
fn reorder<T: ch01_tensors::Element>(x: &Array<T>, order: &[usize]) -> Array<T> {
    Array::from_fn(*x.shape(), |at| if x.ndim() == 1 { x[[order[at[0]]]] } else { x[[order[at[0]], at[1]]] })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn property_cross_entropy_ignores_a_shift_of_the_logits(seed in 0u64..1000, n in 1usize..6, c in 2usize..8, by in -50.0..50.0) {
        let mut rng = Rng::new(seed, "shift");
        let (z, y) = (normal([n, c], 3.0, &mut rng), labels([n], c, &mut rng));
        near(&ce(0.0).forward(&(&z + by), &y), &ce(0.0).forward(&z, &y));
        // So the gradient of a row sums to 0.
        near(&ce(0.1).backward(&one(), &z, &y).sum(1, false), &Array::zeros([n]));
    }

    #[test]
    fn property_cross_entropy_of_one_hot_targets_is_that_of_labels(seed in 0u64..1000, n in 1usize..6, c in 2usize..8, smooth in 0.0..0.9) {
        let mut rng = Rng::new(seed, "one-hot");
        let (z, y) = (normal([n, c], 3.0, &mut rng), labels([n], c, &mut rng));
        let hot = smooth_labels::<f64>(&y, c, 0.0);
        near(&ce(smooth).forward(&z, &hot), &ce(smooth).forward(&z, &y));
        near(&ce(smooth).backward(&one(), &z, &hot), &ce(smooth).backward(&one(), &z, &y));
        // Smoothing the labels beforehand is the same too.
        let smoothed = smooth_labels::<f64>(&y, c, smooth);
        near(&ce(0.0).forward(&z, &smoothed), &ce(smooth).forward(&z, &y));
        near(&ce(0.0).backward(&one(), &z, &smoothed), &ce(smooth).backward(&one(), &z, &y));
    }

    #[test]
    fn property_label_smoothing_mixes_the_label_with_the_uniform_target(seed in 0u64..1000, n in 1usize..6, c in 2usize..8, smooth in 0.0..1.0) {
        let mut rng = Rng::new(seed, "mix");
        let (z, y) = (normal([n, c], 3.0, &mut rng), labels([n], c, &mut rng));
        let uniform = Array::full([n, c], 1.0 / c as f64);
        let mixed = ce(0.0).forward(&z, &y) * (1.0 - smooth) + ce(0.0).forward(&z, &uniform) * smooth;
        near(&ce(smooth).forward(&z, &y), &mixed);
    }

    #[test]
    fn property_cross_entropy_does_not_see_ignored_rows(seed in 0u64..1000, n in 2usize..6, c in 2usize..8) {
        let mut rng = Rng::new(seed, "ignored");
        let (z, mut y) = (normal([n, c], 3.0, &mut rng), labels([n], c, &mut rng));
        y[[n - 1]] = -100;
        let first = |x: &Array<f64>| Array::from_slice(&x.to_vec()[..(n - 1) * c], [n - 1, c]);
        let kept = Array::from_slice(&y.to_vec()[..n - 1], [n - 1]);
        near(&ce(0.1).forward(&z, &y), &ce(0.1).forward(&first(&z), &kept));
        let g = ce(0.1).backward(&one(), &z, &y);
        near(&first(&g), &ce(0.1).backward(&one(), &first(&z), &kept));
        assert!(g.to_vec()[(n - 1) * c..].iter().all(|&g| g == 0.0));
    }

    #[test]
    fn property_cross_entropy_is_nll_of_log_probabilities(seed in 0u64..1000, n in 1usize..6, c in 2usize..8) {
        let mut rng = Rng::new(seed, "nll");
        let (z, y) = (normal([n, c], 3.0, &mut rng), labels([n], c, &mut rng));
        let weight = Array::<f64>::uniform([c], 0.5, 2.0, &mut rng);
        let log_p = &z - z.clone().exp().sum(1, true).ln();
        let nll = Nll { weight: Some(weight.clone()), ..Default::default() };
        let cross = CrossEntropy { weight: Some(weight), ..Default::default() };
        near(&nll.forward(&log_p, &y), &cross.forward(&z, &y));
        // The softmax between them: dz = g - p sum(g).
        let g = nll.backward(&one(), &log_p, &y);
        near(&(&g - log_p.exp() * g.sum(1, true)), &cross.backward(&one(), &z, &y));
    }

    #[test]
    fn property_nll_is_linear(seed in 0u64..1000, n in 1usize..6, c in 2usize..8, k in -3.0..3.0) {
        let mut rng = Rng::new(seed, "linear");
        let [x, z] = std::array::from_fn(|_| normal([n, c], 3.0, &mut rng));
        let y = labels([n], c, &mut rng);
        let nll = |x: &Array<f64>| Nll::default().forward(x, &y);
        near(&nll(&(&x * k + &z)), &(nll(&x) * k + nll(&z)));
    }

    #[test]
    fn property_bce_with_logits_is_cross_entropy_of_two_classes(seed in 0u64..1000, n in 1usize..9) {
        let mut rng = Rng::new(seed, "two classes");
        let (x, y) = (normal([n], 4.0, &mut rng), labels([n], 2, &mut rng));
        // Logits 0 and x: p = e^x / (1 + e^x).
        let z = Array::from_fn([n, 2], |at| if at[1] == 1 { x[[at[0]]] } else { 0.0 });
        let target = y.cast::<f64>();
        near(&BceWithLogits::default().forward(&x, &target), &ce(0.0).forward(&z, &y));
        let g = ce(0.0).backward(&one(), &z, &y);
        let g = Array::from_fn([n], |at| g[[at[0], 1]]);
        near(&BceWithLogits::default().backward(&one(), &x, &target), &g);
        // Yes for no.
        near(&BceWithLogits::default().forward(&-&x, &(Array::scalar(1.0) - &target)), &ce(0.0).forward(&z, &y));
    }

    #[test]
    fn property_bce_with_logits_weighs_a_positive_as_if_repeated(seed in 0u64..1000, n in 1usize..9, times in 1usize..5) {
        let mut rng = Rng::new(seed, "repeat");
        let (x, y) = (normal([n], 4.0, &mut rng), labels([n], 2, &mut rng).cast::<f64>());
        let sum = BceWithLogits { reduction: Reduction::Sum, ..Default::default() };
        let weighted = BceWithLogits { pos_weight: Some(Array::scalar(times as f64)), ..sum.clone() };
        let repeated: Vec<usize> =
            (0..n).flat_map(|i| std::iter::repeat_n(i, if y[[i]] == 1.0 { times } else { 1 })).collect();
        let pick = |x: &Array<f64>| Array::from_fn([repeated.len()], |at| x[[repeated[at[0]]]]);
        near(&weighted.forward(&x, &y), &sum.forward(&pick(&x), &pick(&y)));
    }

    #[test]
    fn property_focal_without_focus_is_bce(seed in 0u64..1000, n in 1usize..9) {
        let mut rng = Rng::new(seed, "focal");
        let (x, y) = (normal([n], 4.0, &mut rng), labels([n], 2, &mut rng).cast::<f64>());
        let focal = Focal { alpha: None, gamma: 0.0, reduction: Reduction::None };
        let bce = BceWithLogits { reduction: Reduction::None, ..Default::default() };
        let g = upstream(x.shape());
        near(&focal.forward(&x, &y), &bce.forward(&x, &y));
        near(&focal.backward(&g, &x, &y), &bce.backward(&g, &x, &y));
        // With it, no term is larger.
        let focused = Focal { gamma: 2.0, ..focal }.forward(&x, &y);
        assert!(focused.iter().zip(bce.forward(&x, &y).iter()).all(|(f, b)| f <= b));
    }

    #[test]
    fn property_kl_div_is_not_negative_and_cross_entropy_less_entropy(seed in 0u64..1000, n in 1usize..6, c in 2usize..8) {
        let mut rng = Rng::new(seed, "kl");
        let (z, p) = (normal([n, c], 2.0, &mut rng), probabilities([n, c], &mut rng));
        let log_q = &z - z.clone().exp().sum(1, true).ln();
        let kl = KlDiv::default().forward(&log_q, &p);
        assert!(kl.item() >= 0.0);
        near(&KlDiv::default().forward(&p.clone().ln(), &p), &Array::scalar(0.0));
        let entropy = -(&p * p.clone().ln()).sum(1, false).mean(.., false);
        near(&(kl + &entropy), &ce(0.0).forward(&z, &p));
    }

    #[test]
    fn property_mse_and_mae_are_symmetric_and_scale(seed in 0u64..1000, n in 1usize..20, k in 0.1..9.0) {
        let mut rng = Rng::new(seed, "symmetric");
        let [x, y] = std::array::from_fn(|_| normal([n], 2.0, &mut rng));
        for r in REDUCTIONS {
            near(&mse(&x, &y, r), &mse(&y, &x, r));
            near(&mae(&x, &y, r), &mae(&y, &x, r));
            near(&mse(&(&x * k), &(&y * k), r), &(mse(&x, &y, r) * (k * k)));
            near(&mae(&(&x * k), &(&y * k), r), &(mae(&x, &y, r) * k));
        }
    }

    #[test]
    fn property_huber_lies_between_its_limits(seed in 0u64..1000, n in 1usize..20, delta in 0.01..3.0) {
        let mut rng = Rng::new(seed, "huber");
        let [x, y] = std::array::from_fn(|_| normal([n], 2.0, &mut rng));
        let none = Reduction::None;
        let h = huber(&x, &y, delta, none);
        near(&h, &huber(&y, &x, delta, none));
        let (half_square, absolute) = (mse(&x, &y, none) * 0.5, mae(&x, &y, none));
        assert!(h.iter().zip(half_square.iter()).all(|(h, s)| h <= s + 1e-12), "below the parabola");
        assert!(h.iter().zip(absolute.iter()).all(|(h, a)| h <= delta * a + 1e-12), "below the lines");
        near(&huber(&x, &y, 1e3, none), &half_square);
        // A small corner leaves delta |d| but for delta² / 2.
        near(&(huber(&x, &y, 1e-13, none) / 1e-13), &absolute);
        near(&smooth_l1(&x, &y, delta, none), &(&h / delta));
        near(&smooth_l1(&x, &y, 0.0, none), &absolute);
        assert!(huber_backward(&upstream(&[n].into()), &x, &y, delta, none).iter().all(|g| g.abs() <= 2.25 * delta));
    }

    #[test]
    fn property_contrastive_and_cosine_embedding_are_symmetric(seed in 0u64..1000, n in 1usize..6, d in 1usize..6) {
        let mut rng = Rng::new(seed, "pairs");
        let [a, b] = std::array::from_fn(|_| normal([n, d], 1.0, &mut rng));
        let y = labels([n], 2, &mut rng);
        let contrastive = Contrastive::default();
        near(&contrastive.forward(&a, &b, &y), &contrastive.forward(&b, &a, &y));
        let (da, db) = contrastive.backward(&one(), &a, &b, &y);
        near(&da, &-db);
        let (cosine, signs) = (CosineEmbedding::default(), y.map(|y| 2 * y - 1));
        near(&cosine.forward(&a, &b, &signs), &cosine.forward(&b, &a, &signs));
        // Only the angle counts: lengths do not, and the gradient is at right angles to the vector. Up to ε / |a|², at most
        // 4e-12 for vectors of length 1/2 and more.
        let a = a.map(|x| x + 0.5f64.copysign(x));
        let apart = cosine.forward(&(&a * 2.0), &b, &signs) - cosine.forward(&a, &b, &signs);
        assert!(apart.item().abs() < 1e-11, "{apart}");
        let (da, _) = cosine.backward(&one(), &a, &b, &signs);
        assert!((da * &a).sum(-1, false).iter().all(|x| x.abs() < 1e-11));
    }

    #[test]
    fn property_triplet_moves_nothing_as_a_whole(seed in 0u64..1000, n in 1usize..6, d in 1usize..6, swap: bool) {
        let mut rng = Rng::new(seed, "triplet");
        let [a, p, n] = std::array::from_fn(|_| normal([n, d], 1.0, &mut rng));
        let triplet = Triplet { swap, ..Default::default() };
        // Shifting all three changes nothing, so the three gradients sum to 0.
        near(&triplet.forward(&(&a + 3.0), &(&p + 3.0), &(&n + 3.0)), &triplet.forward(&a, &p, &n));
        let (da, dp, dn) = triplet.backward(&one(), &a, &p, &n);
        near(&(da + dp + dn), &a.zeros_like());
        // Far negatives cost nothing.
        assert_eq!(triplet.forward(&a, &p, &(&n + 1e3)).item(), 0.0);
    }

    #[test]
    fn property_coral_of_two_ranks_is_bce(seed in 0u64..1000, n in 1usize..9) {
        let mut rng = Rng::new(seed, "coral");
        let (z, y) = (normal([n, 1], 4.0, &mut rng), labels([n], 2, &mut rng));
        let target = y.cast::<f64>().reshape([n, 1]);
        near(&Coral::default().forward(&z, &y), &BceWithLogits::default().forward(&z, &target));
        assert!(coral_rank(&z).iter().zip(z.iter()).all(|(rank, z)| rank == i64::from(z > 0.0)));
    }

    #[test]
    fn property_the_order_of_the_batch_does_not_matter(seed in 0u64..1000, n in 2usize..8, c in 2usize..6) {
        let mut rng = Rng::new(seed, "order");
        let [x, z] = std::array::from_fn(|_| normal([n, c], 2.0, &mut rng));
        let (y, ranks) = (labels([n], c, &mut rng), labels([n], c + 1, &mut rng));
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let (xo, zo, yo, ro) = (reorder(&x, &order), reorder(&z, &order), reorder(&y, &order), reorder(&ranks, &order));
        near(&ce(0.1).backward(&one(), &xo, &yo), &reorder(&ce(0.1).backward(&one(), &x, &y), &order));
        near(&Coral::default().backward(&one(), &xo, &ro), &reorder(&Coral::default().backward(&one(), &x, &ranks), &order));
        let r = Reduction::Mean;
        near(&mse_backward(&one(), &xo, &zo, r), &reorder(&mse_backward(&one(), &x, &z, r), &order));
        near(&mse(&xo, &zo, r), &mse(&x, &z, r));
        near(&ce(0.1).forward(&xo, &yo), &ce(0.1).forward(&x, &y));
    }
}
