//! Checks exercise e08_bias_gradient.
#[allow(unused)]
#[path = "../exercises/e08_bias_gradient.rs"]
mod bias_gradient;

use ch00_start::check::close;
use ch22_cuda::{must, numbers, simulator, wide};
use kernels::{FaultKind, KernelError};

const KNOWN: &[(FaultKind, &str)] = &[
    (FaultKind::OutOfBounds, "the last block has columns to spare: only column < columns may be written"),
    (
        FaultKind::DivergentBarrier,
        "a __syncthreads() stands where only some of the threads come: all must reach it, also those with nothing to add",
    ),
];

/// A race is either between the lines of a block, which may read a sum before it is there, or between blocks.
fn explained(what: &str, result: Result<(), KernelError>) {
    if let Err(error) = &result {
        let text = error.to_string();
        if text.contains("no order of blocks") {
            panic!(
                "{what}: blocks add to the same element and have no order: only atomicAdd loses nothing\n{text}"
            );
        } else if text.contains("no barrier") || text.contains("sums[") {
            panic!("{what}: a barrier is missing between writing `sums` and adding them up\n{text}");
        }
    }
    must(what, result, KNOWN);
}

#[test]
fn gradients() {
    let device = simulator();
    for shape @ [rows, columns] in [[8, 32], [3, 5], [100, 40]] {
        // Whole numbers: sums are exact in every order.
        let dy: Vec<f32> = (0..rows * columns).map(|i| ((i * 31) % 67) as f32 - 30.0).collect();
        let y: Vec<f32> = numbers(1, rows * columns).iter().map(|v| v.max(0.0)).collect();
        let dx: Vec<f64> =
            dy.iter().zip(&y).map(|(&g, &y)| if y > 0.0 { f64::from(g) } else { 0.0 }).collect();
        let sums = |g: &[f64], rows: &dyn Fn(usize) -> bool| -> Vec<f64> {
            let row_of = |i: usize| i / columns;
            let sum = |c| (0..g.len()).filter(|i| i % columns == c && rows(row_of(*i))).map(|i| g[i]).sum();
            (0..columns).map(sum).collect()
        };
        let (unmasked, first) = (sums(&wide(&dy), &|_| true), sums(&dx, &|row| row % 8 == 0));
        let what = format!("{rows} x {columns}");
        let (dy, y) = (device.upload(&dy).unwrap(), device.upload(&y).unwrap());
        let mut got_dx = device.uninit(rows * columns).unwrap();
        let mut got_dbias = device.uninit(columns).unwrap();
        explained(&what, bias_gradient::bias_gradient([&dy, &y], &mut got_dx, &mut got_dbias, shape));
        let all = wide(&dy.to_vec().unwrap());
        let passed = "dx is dy everywhere: the gradient passes only where y > 0";
        close(&format!("{what}, dx"), &wide(&got_dx.to_vec().unwrap()), &dx, 0.0, &[(passed, &all)]);
        let mistakes: [(&str, &[f64]); 2] = [
            ("summed over dy: the bias receives only what passes the ReLU", &unmasked),
            ("only the first line of threads is added: there are eight sums a column", &first),
        ];
        let want = sums(&dx, &|_| true);
        close(&format!("{what}, dbias"), &wide(&got_dbias.to_vec().unwrap()), &want, 0.0, &mistakes);
    }
}
