//! Checks exercise e01_vector_add.
#[allow(unused)]
#[path = "../exercises/e01_vector_add.rs"]
mod vector_add;

use ch00_start::check::close;
use ch22_cuda::{must, numbers, simulator, wide};
use kernels::FaultKind;

const KNOWN: &[(FaultKind, &str)] = &[
    (
        FaultKind::OutOfBounds,
        "the tail: threads of the last block run over the end of the buffers; they must do nothing",
    ),
    (FaultKind::Race, "every block computes the same elements: the index lacks blockIdx.x * blockDim.x"),
];

#[test]
fn every_element_once() {
    let device = simulator();
    for n in [256, 1, 255, 257, 1000] {
        let (a, b) = (numbers(1, n), numbers(2, n));
        let want: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| f64::from(a + b)).collect();
        let short: Vec<f64> =
            want.iter().enumerate().map(|(i, &v)| if i < n / 256 * 256 { v } else { 0.0 }).collect();
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        let mut y = device.uninit(n).unwrap();
        let what = format!("{n} elements");
        if n < 256 {
            // A grid of 0 blocks is refused before anything runs.
            let result = vector_add::vector_add(&a, &b, &mut y);
            let none = result.as_ref().is_err_and(|e| e.to_string().contains("no size may be 0"));
            assert!(!none, "{what}: there are no blocks: the number of blocks must be rounded up");
            must(&what, result, KNOWN);
        } else {
            must(&what, vector_add::vector_add(&a, &b, &mut y), KNOWN);
        }
        // One addition, rounded as the host rounds it.
        let few = "the last elements were never written: the number of blocks must be rounded up";
        close(&what, &wide(&y.to_vec().unwrap()), &want, 0.0, &[(few, &short)]);
    }
}
