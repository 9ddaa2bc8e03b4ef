//! Checks exercise e05_accumulate.

#[allow(unused)]
#[path = "../exercises/e05_accumulate.rs"]
mod accumulate;

use accumulate::accumulated_step;
use ch00_start::check::close;
use ch01_tensors::{Array, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::Linear;
use ch09_optimizers::Sgd;
use ch13_data::Batch;
use ch14_training::{NotFinite, Recipe};

const RATE: f64 = 0.5;
const START: [f64; 4] = [0.1, 0.2, 0.3, -0.1];
/// Pieces of two and of one example: two numbers and a class each.
const PIECES: [&[([f64; 2], usize)]; 2] = [&[([1.0, 2.0], 0), ([-0.5, 1.0], 1)], &[([2.0, -1.0], 1)]];

fn recipe() -> Recipe {
    Recipe { criterion: CrossEntropy::default(), clip_norm: None, schedule: Box::new(|_: u64| RATE) }
}

fn model() -> Linear {
    Linear::from_parts(Tensor::from([[0.1, 0.2], [0.3, -0.1]]), None)
}

fn batches() -> Vec<Batch<Tensor>> {
    let batch = |piece: &&[([f64; 2], usize)]| Batch {
        input: Tensor::from_fn([piece.len(), 2], |i| piece[i[0]].0[i[1]] as f32),
        labels: Array::from_fn([piece.len()], |i| piece[i[0]].1 as i64),
    };
    PIECES.iter().map(batch).collect()
}

/// The sum over a piece of losses and gradients of softmax regression, written out.
fn sums(piece: &[([f64; 2], usize)], w: &[f64]) -> (f64, [f64; 4]) {
    let (mut loss, mut dw) = (0.0, [0.0; 4]);
    for &(x, class) in piece {
        let z: Vec<f64> = (0..2).map(|o| w[2 * o] * x[0] + w[2 * o + 1] * x[1]).collect();
        let p = [1.0 / (1.0 + (z[1] - z[0]).exp()), 1.0 / (1.0 + (z[0] - z[1]).exp())];
        loss -= p[class].ln();
        for (o, p) in p.into_iter().enumerate() {
            let dz = p - f64::from(u8::from(o == class));
            dw[2 * o] += dz * x[0];
            dw[2 * o + 1] += dz * x[1];
        }
    }
    (loss, dw)
}

/// The weights after two steps in which each piece's sums count with its weight; the losses, in which they count with others.
fn by_hand(weights: [f64; 2], of_losses: [f64; 2], forgets: bool) -> (Vec<f64>, Vec<f64>) {
    let (mut w, mut losses) = (START.to_vec(), Vec::new());
    for _ in 0..2 {
        let (mut loss, mut dw) = (0.0, [0.0; 4]);
        for (piece, (weight, of_loss)) in PIECES.iter().zip(weights.into_iter().zip(of_losses)) {
            let (l, g) = sums(piece, &w);
            loss += of_loss * l;
            if forgets {
                dw = [0.0; 4];
            }
            dw.iter_mut().zip(g).for_each(|(dw, g)| *dw += weight * g);
        }
        losses.push(loss);
        w.iter_mut().zip(dw).for_each(|(w, g)| *w -= RATE * g);
    }
    (w, losses)
}

/// In 32 bits: 1e-5 leaves room for the rounding of two steps.
#[test]
fn as_one_large_batch() {
    let (mut layer, mut optimizer, recipe) = (model(), Sgd::new(), recipe());
    let (mut losses, mut right) = (Vec::new(), Vec::new());
    for step in 0..2 {
        let done = accumulated_step(&mut layer, &mut optimizer, &recipe, &batches(), step);
        let done = done.expect("all is finite");
        losses.push(done.loss);
        right.push(done.right as f64);
    }
    let (mean, sum, alike) = ([1.0 / 3.0; 2], [0.5, 1.0], [0.25, 0.5]);
    let (want, want_losses) = by_hand(mean, mean, false);
    let (summed, equal, last) =
        (by_hand(sum, mean, false).0, by_hand(alike, mean, false).0, by_hand(mean, mean, true).0);
    let (summed_losses, equal_losses) = (by_hand(mean, sum, false).1, by_hand(mean, alike, false).1);
    let got: Vec<f64> = layer.weight.value.iter().map(f64::from).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        (
            "each batch's mean gradient counted whole; the step is as many times too long as there are batches",
            &summed,
        ),
        ("each batch counted alike, however few examples it has", &equal),
        ("the gradients of the batches before were forgotten", &last),
        ("the weights did not move", &START),
    ];
    close("weights after two steps", &got, &want, 1e-5, &mistakes);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the batches' means were added up", &summed_losses),
        ("the mean of the batches' means", &equal_losses),
    ];
    close("losses", &losses, &want_losses, 1e-5, &mistakes);
    // With the first weights the scores are (0.5, 0.1), (0.15, -0.25) and (0, 0.7); the classes 0, 1 and 1.
    close("right in the first step", &right[..1], &[2.0], 0.0, &[]);
}

#[test]
fn a_loss_that_is_nan_moves_nothing() {
    let (mut layer, mut optimizer) = (model(), Sgd::new());
    let mut pieces = batches();
    pieces[1].input = Tensor::from([[f32::NAN, 0.0]]);
    let done = accumulated_step(&mut layer, &mut optimizer, &recipe(), &pieces, 0);
    let moved = layer.weight.value.iter().zip(START).any(|(now, then)| now != then as f32);
    assert!(!moved, "the weights moved although a loss is NaN");
    assert!(
        matches!(done, Err(NotFinite::Loss(loss)) if loss.is_nan()),
        "a loss is NaN, but it gave {done:?}"
    );
}
