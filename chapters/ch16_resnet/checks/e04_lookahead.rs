//! Checks exercise e04_lookahead.

#[allow(unused)]
#[path = "../exercises/e04_lookahead.rs"]
mod lookahead;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;
use ch09_optimizers::{Optimizer, Sgd};
use lookahead::Lookahead;

const EVERY: u64 = 3;
const TOTAL: u64 = 8;

fn share(step: u64) -> f64 {
    0.2 + 0.05 * step as f64
}

/// The weight after each step, if every gradient is `g(step)` and the rate 0.1.
fn weights(of_fast: bool, goes_on: bool, ends: bool) -> Vec<f64> {
    let (mut fast, mut slow) = (2.0, 2.0);
    let steps = (1..=TOTAL).map(|step| {
        fast -= 0.1 * gradient(step);
        if step % EVERY == 0 {
            let stays = if of_fast { 1.0 - share(step) } else { share(step) };
            slow = stays * slow + (1.0 - stays) * fast;
            fast = if goes_on { fast } else { slow };
        }
        if step == TOTAL && ends {
            fast = slow;
        }
        fast
    });
    steps.collect()
}

fn gradient(step: u64) -> f64 {
    (step as f64).sqrt()
}

#[test]
fn slow_weights() {
    let mut model = Linear::<f64>::from_parts(Array::full([1, 1], 2.0), None);
    let mut optimizer = Lookahead::new(Box::new(Sgd::new()), EVERY, TOTAL, share);
    let got: Vec<f64> = (1..=TOTAL)
        .map(|step| {
            model.weight.grad.fill(gradient(step));
            optimizer.step(&mut model, 0.1);
            model.weight.value.item()
        })
        .collect();
    let want = weights(false, false, true);
    let before = TOTAL as usize - 1;
    let (plain, swapped, goes_on) =
        (weights(false, false, false), weights(true, false, true), weights(false, true, true));
    let mistakes: [(&str, &[f64]); 2] = [
        ("the share is that of the fast weights, not of the slow ones", &swapped[..before]),
        ("the fast weights go on from where they were", &goes_on[..before]),
    ];
    close("weights", &got[..before], &want[..before], 1e-12, &mistakes);
    let mistakes: [(&str, &[f64]); 1] = [("the fast weights instead of the slow ones", &plain[before..])];
    close("weights after the last step", &got[before..], &want[before..], 1e-12, &mistakes);
}
