//! Losses and gradients against PyTorch's, in 32 bits, over shapes and options (tests/golden/make_ch04.py).
//!
//! Tolerance: |ours - theirs| <= 2e-6 + 2e-5 |theirs|. Both sides round each of a few operations to 6e-8 of its size;
//! losses here are below 30, sums of up to 48 terms in different orders, and the gradients of vectors subtract numbers
//! of size 1 that nearly cancel. Five times tighter, one value of all would fail, a difference that nearly cancels.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::upstream;
use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Shape, Tensor, npz};
use ch04_losses::*;

const RTOL: f32 = 2e-5;
const ATOL: f32 = 2e-6;

/// The inputs and options of one case.
struct Case<'a> {
    file: &'a BTreeMap<String, NpyArray>,
    group: &'a str,
    line: &'a str,
}

impl Case<'_> {
    /// The text of an option.
    fn option(&self, name: &str) -> &str {
        let find = |pair: &str| pair.split_once('=').filter(|(key, _)| *key == name).is_some();
        let pair = self.line.split(',').find(|pair| find(pair));
        pair.unwrap_or_else(|| panic!("no option {name} in {}", self.line)).split_once('=').unwrap().1
    }

    fn number(&self, name: &str) -> f64 {
        self.option(name).parse().unwrap()
    }

    fn yes(&self, name: &str) -> bool {
        self.option(name).eq_ignore_ascii_case("yes") || self.option(name) == "True"
    }

    fn reduction(&self) -> Reduction {
        match self.option("reduction") {
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            "batchmean" => Reduction::BatchMean,
            "none" => Reduction::None,
            other => panic!("reduction {other}"),
        }
    }

    fn input(&self, name: &str) -> &NpyArray {
        &self.file[&format!("{}/{}/{name}", self.group, self.option("shape"))]
    }

    fn f32(&self, name: &str) -> Tensor {
        self.input(name).f32().unwrap()
    }

    fn i64(&self, name: &str) -> Array<i64> {
        self.input(name).i64().unwrap()
    }
}

/// Runs every case of a loss. `ours` gives the loss, then the gradients, given a function that makes the gradient from
/// above for the shape of the loss.
fn golden(loss: &str, group: &str, ours: impl Fn(&Case, &dyn Fn(&Shape) -> Tensor) -> Vec<Tensor>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch04.npz");
    let file = npz::read(path).unwrap();
    let lines = file[&format!("{loss}/cases")].u8().unwrap().to_vec();
    let lines = String::from_utf8(lines).unwrap();
    let values = file[&format!("{loss}/values")].f32().unwrap().to_vec();
    let mut values = &values[..];
    for line in lines.lines() {
        let case = Case { file: &file, group, line };
        for (part, got) in ours(&case, &|shape| upstream(shape)).iter().enumerate() {
            let want;
            (want, values) = values.split_at(got.size());
            for (i, (got, &want)) in got.iter().zip(want).enumerate() {
                let both_nan = got.is_nan() && want.is_nan();
                assert!(
                    both_nan || (got - want).abs() <= ATOL + RTOL * want.abs(),
                    "{loss},{line}: {}, element {i}: {got} here, {want} in PyTorch",
                    if part == 0 { "loss".to_owned() } else { format!("gradient {part}") },
                );
            }
        }
    }
    assert!(values.is_empty(), "{loss}: {} golden values left over", values.len());
}

#[test]
fn golden_mse() {
    golden("mse", "numbers", |case, up| {
        let (x, y, r) = (case.f32("x"), case.f32("y"), case.reduction());
        let loss = mse(&x, &y, r);
        let g = up(loss.shape());
        vec![loss, mse_backward(&g, &x, &y, r)]
    });
}

#[test]
fn golden_mae() {
    golden("mae", "numbers", |case, up| {
        let (x, y, r) = (case.f32("x"), case.f32("y"), case.reduction());
        let loss = mae(&x, &y, r);
        let g = up(loss.shape());
        vec![loss, mae_backward(&g, &x, &y, r)]
    });
}

#[test]
fn golden_huber() {
    golden("huber", "numbers", |case, up| {
        let (x, y, r, delta) = (case.f32("x"), case.f32("y"), case.reduction(), case.number("delta"));
        let loss = huber(&x, &y, delta, r);
        let g = up(loss.shape());
        vec![loss, huber_backward(&g, &x, &y, delta, r)]
    });
}

#[test]
fn golden_smooth_l1() {
    golden("smooth_l1", "numbers", |case, up| {
        let (x, y, r, beta) = (case.f32("x"), case.f32("y"), case.reduction(), case.number("beta"));
        let loss = smooth_l1(&x, &y, beta, r);
        let g = up(loss.shape());
        vec![loss, smooth_l1_backward(&g, &x, &y, beta, r)]
    });
}

#[test]
fn golden_cross_entropy() {
    golden("cross_entropy", "classes", |case, up| {
        let ce = CrossEntropy {
            label_smoothing: case.number("smoothing"),
            weight: case.yes("weight").then(|| case.f32("weight")),
            ignore_index: case.number("ignore") as i64,
            reduction: case.reduction(),
        };
        let z = case.f32("z");
        if case.option("target") == "hard" {
            let y = case.i64("hard");
            let loss = ce.forward(&z, &y);
            let g = up(loss.shape());
            return vec![loss, ce.backward(&g, &z, &y)];
        }
        let t = case.f32("soft");
        let loss = ce.forward(&z, &t);
        let g = up(loss.shape());
        vec![loss, ce.backward(&g, &z, &t)]
    });
}

#[test]
fn golden_nll() {
    golden("nll", "classes", |case, up| {
        let weight = case.yes("weight").then(|| case.f32("weight"));
        let nll = Nll { weight, ignore_index: case.number("ignore") as i64, reduction: case.reduction() };
        let (x, y) = (log_softmax(&case.f32("z")), case.i64("hard"));
        let loss = nll.forward(&x, &y);
        let g = up(loss.shape());
        vec![loss, nll.backward(&g, &x, &y)]
    });
}

#[test]
fn golden_kl_div() {
    golden("kl_div", "classes", |case, up| {
        let kl = KlDiv { log_target: case.yes("log"), reduction: case.reduction() };
        let (x, p) = (log_softmax(&case.f32("z")), case.f32("soft"));
        let t = if kl.log_target { p.ln() } else { p };
        let loss = kl.forward(&x, &t);
        let g = up(loss.shape());
        vec![loss, kl.backward(&g, &x, &t)]
    });
}

#[test]
fn golden_bce_with_logits() {
    golden("bce_with_logits", "yes_no", |case, up| {
        let weight = case.yes("weight").then(|| case.f32("weight"));
        let pos_weight = case.yes("pos_weight").then(|| case.f32("pos_weight"));
        let bce = BceWithLogits { weight, pos_weight, reduction: case.reduction() };
        let (x, y) = (case.f32("x"), case.f32(case.option("target")));
        let loss = bce.forward(&x, &y);
        let g = up(loss.shape());
        vec![loss, bce.backward(&g, &x, &y)]
    });
}

#[test]
fn golden_focal() {
    golden("focal", "yes_no", |case, up| {
        let alpha = Some(case.number("alpha")).filter(|&alpha| alpha >= 0.0);
        let focal = Focal { alpha, gamma: case.number("gamma"), reduction: case.reduction() };
        let (x, y) = (case.f32("x"), case.f32("y"));
        let loss = focal.forward(&x, &y);
        let g = up(loss.shape());
        vec![loss, focal.backward(&g, &x, &y)]
    });
}

#[test]
fn golden_coral() {
    golden("coral", "ranks", |case, up| {
        let importance = case.yes("importance").then(|| case.f32("importance"));
        let coral = Coral { importance, reduction: case.reduction() };
        let (z, y) = (case.f32("z"), case.i64("y"));
        let loss = coral.forward(&z, &y);
        let g = up(loss.shape());
        vec![loss, coral.backward(&g, &z, &y)]
    });
}

#[test]
fn golden_contrastive() {
    golden("contrastive", "vectors", |case, up| {
        let (a, b, y) = (case.f32("a"), case.f32("b"), case.i64("y"));
        let contrastive = Contrastive { margin: case.number("margin"), reduction: case.reduction() };
        let loss = contrastive.forward(&a, &b, &y);
        let g = up(loss.shape());
        let (da, db) = contrastive.backward(&g, &a, &b, &y);
        vec![loss, da, db]
    });
}

#[test]
fn golden_triplet() {
    golden("triplet", "vectors", |case, up| {
        let (a, b, c) = (case.f32("a"), case.f32("b"), case.f32("c"));
        let margin = case.number("margin");
        let triplet =
            Triplet { margin, swap: case.yes("swap"), reduction: case.reduction(), ..Triplet::default() };
        let loss = triplet.forward(&a, &b, &c);
        let g = up(loss.shape());
        let (da, db, dc) = triplet.backward(&g, &a, &b, &c);
        vec![loss, da, db, dc]
    });
}

#[test]
fn golden_cosine_embedding() {
    golden("cosine_embedding", "vectors", |case, up| {
        let (a, b, y) = (case.f32("a"), case.f32("b"), case.i64("y").map(|y| 2 * y - 1));
        let cosine = CosineEmbedding { margin: case.number("margin"), reduction: case.reduction() };
        let loss = cosine.forward(&a, &b, &y);
        let g = up(loss.shape());
        let (da, db) = cosine.backward(&g, &a, &b, &y);
        vec![loss, da, db]
    });
}

/// Along axis 1, in 64 bits and rounded: an input of the test, not what is tested.
fn log_softmax(z: &Tensor) -> Tensor {
    let z = z.to_f64();
    let z = &z - &z.max(1, true);
    (&z - z.clone().exp().sum(1, true).ln()).to_f32()
}
