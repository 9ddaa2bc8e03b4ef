//! Checks exercise e02_block_sum.
#[allow(unused)]
#[path = "../exercises/e02_block_sum.rs"]
mod block_sum;

use ch00_start::check::close;
use ch22_cuda::{must, simulator, wide};
use kernels::FaultKind;

const KNOWN: &[(FaultKind, &str)] = &[
    (
        FaultKind::Race,
        "a barrier is missing: a thread reads a sum before the thread that writes it has surely done so",
    ),
    (
        FaultKind::DivergentBarrier,
        "a __syncthreads() stands where only some of the threads come: all must reach it, also those with nothing to add",
    ),
];

/// What the kernel computes on the way: the sums of the threads of one block that is alone.
fn shares(x: &[f32]) -> Vec<f64> {
    (0..256).map(|t| x.iter().skip(t).step_by(256).map(|&v| f64::from(v)).sum()).collect()
}

#[test]
fn sums() {
    let device = simulator();
    for n in [256, 1, 100, 1000, 3000] {
        // Whole numbers: every order of additions is exact.
        let x: Vec<f32> = (0..n).map(|i| ((i * 37) % 101) as f32 - 20.0).collect();
        let what = format!("{n} elements");
        let got = must(&what, block_sum::block_sum(&device.upload(&x).unwrap()), KNOWN);
        let sum = shares(&x).iter().sum::<f64>();
        let early: f64 = shares(&x).iter().step_by(2).sum();
        let first: f64 = x.iter().take(256).map(|&v| f64::from(v)).sum();
        let mut mistakes: Vec<(&str, Vec<f64>)> = Vec::new();
        if n <= 1024 {
            mistakes
                .push(("the tree ends a step too early: its last step adds sums[1] to sums[0]", vec![early]));
            mistakes
                .push(("only the first element of every thread is added: the loop is missing", vec![first]));
        }
        let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(text, v)| (*text, v.as_slice())).collect();
        close(&what, &wide(&got.to_vec().unwrap()), &[sum], 0.0, &mistakes);
    }
}
