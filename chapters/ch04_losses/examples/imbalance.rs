//! One positive to 99 negatives: binary cross-entropy, the same with a positive weight, and focal loss.
//!
//! A logistic model in two dimensions is trained by plain gradient descent with this chapter's gradients, and judged on
//! new points. Positives lie in one cloud; the negatives in a large one, with a small one of hard cases beside the
//! positives, which no straight boundary separates from them. Five seeds, mean over them.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::matmul;
use ch03_neurons::sigmoid;
use ch04_losses::{BceWithLogits, Focal};

const SEEDS: u64 = 5;
const TRAIN: usize = 20_000;
const TEST: usize = 100_000;

/// Points `[n, 3]` (the last column is 1, for the bias) and labels `[n, 1]`: one in a hundred is positive.
fn points(n: usize, rng: &mut Rng) -> (Tensor, Tensor) {
    let labels = Tensor::from_fn([n, 1], |at| if at[0] % 100 == 0 { 1.0 } else { 0.0 });
    let mut center = (0.0, 0.0);
    let points = Tensor::from_fn([n, 3], |at| {
        if at[1] == 0 {
            let hard = rng.below(50) == 0;
            center = if at[0] % 100 == 0 {
                (2.0, 2.0)
            } else if hard {
                (3.0, 0.0)
            } else {
                (0.0, 0.0)
            };
        }
        match at[1] {
            0 => (center.0 + rng.normal()) as f32,
            1 => (center.1 + rng.normal()) as f32,
            _ => 1.0,
        }
    });
    (points, labels)
}

/// Precision, recall and F1 where the score is at least `threshold`.
fn at_threshold(scores: &[f32], labels: &[f32], threshold: f32) -> [f64; 3] {
    let count =
        |f: &dyn Fn(f32, f32) -> bool| scores.iter().zip(labels).filter(|&(&s, &y)| f(s, y)).count() as f64;
    let hits = count(&|s, y| s >= threshold && y == 1.0);
    let called = count(&|s, _| s >= threshold);
    let positives = count(&|_, y| y == 1.0);
    [hits / called.max(1.0), hits / positives, 2.0 * hits / (called + positives)]
}

/// Precision at every recall, from the highest score down; its mean over the positives (average precision); the best F1.
fn precision_recall(scores: &[f32], labels: &[f32]) -> (Vec<(f64, f64)>, f64, f64) {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let positives = labels.iter().filter(|&&y| y == 1.0).count() as f64;
    let (mut hits, mut curve, mut best) = (0.0, Vec::new(), 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        if labels[i] == 1.0 {
            hits += 1.0;
            let precision = hits / (rank + 1) as f64;
            curve.push((hits / positives, precision));
            best = best.max(2.0 * hits / (rank as f64 + 1.0 + positives));
        }
    }
    let average = curve.iter().map(|(_, precision)| precision).sum::<f64>() / positives;
    (curve, average, best)
}

type Backward<'a> = Box<dyn Fn(&Tensor, &Tensor) -> Tensor + 'a>;

fn main() -> anyhow::Result<()> {
    let mut record = Record::from_args("ch04_imbalance");
    record.seed(0).number("seeds", SEEDS as f64).number("train", TRAIN as f64).number("test", TEST as f64);
    let one = Tensor::scalar(1.0);
    let bce = BceWithLogits::default();
    let weighted = BceWithLogits { pos_weight: Some(Array::scalar(99.0)), ..Default::default() };
    let focal = Focal::default();
    let methods: [(&str, &str, Backward); 3] = [
        ("BCE", "bce", Box::new(|z, y| bce.backward(&one, z, y))),
        ("BCE, positives weigh 99", "weighted", Box::new(|z, y| weighted.backward(&one, z, y))),
        ("focal, alpha 0.25, gamma 2", "focal", Box::new(|z, y| focal.backward(&one, z, y))),
    ];
    let mut series = Vec::new();
    for (name, key, backward) in &methods {
        let mut sums = [0.0; 6];
        let mut averages = Vec::new();
        for seed in 0..SEEDS {
            let mut rng = Rng::new(seed, "imbalance");
            let ((x, y), (test_x, test_y)) = (points(TRAIN, &mut rng), points(TEST, &mut rng));
            let mut w = Tensor::zeros([3, 1]);
            for _ in 0..2000 {
                let g = backward(&matmul(&x, &w), &y);
                // Losses differ in scale: steps of a length that does not depend on it, shorter where it flattens.
                w -= &(matmul(&x.clone().t(), &g) * scale(key));
            }
            let p = sigmoid(matmul(&test_x, &w));
            let (scores, labels) = (p.data(), test_y.data());
            let [precision, recall, f1] = at_threshold(scores, labels, 0.5);
            let (curve, average, best) = precision_recall(scores, labels);
            let mean = p.mean_all();
            for (sum, value) in sums.iter_mut().zip([precision, recall, f1, average, best, f64::from(mean)]) {
                *sum += value / SEEDS as f64;
            }
            averages.push(average);
            if seed == 0 {
                series.push(Series::new(name, curve));
            }
        }
        let names = ["precision", "recall", "f1", "average_precision", "best_f1", "mean_probability"];
        for (what, value) in names.iter().zip(sums) {
            record.number(&format!("{key}_{what}"), value);
        }
        let spread = averages.iter().copied().fold(f64::MIN, f64::max)
            - averages.iter().copied().fold(f64::MAX, f64::min);
        record.number(&format!("{key}_average_precision_spread"), spread);
    }
    lines(
        &record.figure_path("ch04_imbalance"),
        "One positive to 99 negatives (seed 0)",
        "recall",
        "precision",
        &series,
    )?;
    record.finish()?;
    Ok(())
}

/// The step: focal's gradients are some ten times smaller than BCE's, those of weighted BCE larger.
fn scale(key: &str) -> f32 {
    match key {
        "weighted" => 0.1,
        "focal" => 20.0,
        _ => 1.0,
    }
}
