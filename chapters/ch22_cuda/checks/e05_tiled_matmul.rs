//! Checks exercise e05_tiled_matmul.
#[allow(unused)]
#[path = "../exercises/e05_tiled_matmul.rs"]
mod tiled_matmul;

use ch00_start::check::close;
use ch22_cuda::{must, simulator, wide};
use kernels::FaultKind;

const KNOWN: &[(FaultKind, &str)] = &[
    (
        FaultKind::Race,
        "a barrier is missing: the tiles must be complete before they are read, and read before they are loaded again",
    ),
    (FaultKind::OutOfBounds, "the edge: where a or b has no element, 0 belongs into the tile"),
    (
        FaultKind::DivergentBarrier,
        "a thread leaves, or skips a barrier, that the others wait at: threads beyond the edge of c load and wait too",
    ),
];

#[test]
fn products() {
    let device = simulator();
    for [m, n, k] in [[16, 16, 16], [16, 32, 48], [5, 3, 7], [20, 30, 37]] {
        // Small whole numbers: every sum is exact.
        let a: Vec<f32> = (0..m * k).map(|i| ((i * 7) % 11) as f32 - 4.0).collect();
        let b: Vec<f32> = (0..k * n).map(|i| ((i * 5) % 13) as f32 - 6.0).collect();
        let a_at = |row: usize, i: usize| if i < k { f64::from(a[row * k + i]) } else { 0.0 };
        let b_at =
            |i: usize, column: usize| if i < k && column < n { f64::from(b[i * n + column]) } else { 0.0 };
        let product = |b_at: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            let whole = k.div_ceil(16) * 16;
            let dot = |row, column| (0..whole).map(|i| a_at(row, i) * b_at(i, column)).sum();
            (0..m * n).map(|i| dot(i / n, i % n)).collect()
        };
        let want = product(&b_at);
        // b_tile[x][i] in place of b_tile[i][x]: every tile of b is turned.
        let turned = product(&|i, column| b_at(i / 16 * 16 + column % 16, column / 16 * 16 + i % 16));
        let what = format!("m {m}, n {n}, k {k}");
        let (a, b) = (device.upload(&a).unwrap(), device.upload(&b).unwrap());
        let mut c = device.uninit(m * n).unwrap();
        must(&what, tiled_matmul::tiled_matmul(&a, &b, &mut c, [m, n, k]), KNOWN);
        let message = "row y of a_tile belongs with column x of b_tile, b_tile[i][x], not with its row";
        close(&what, &wide(&c.to_vec().unwrap()), &want, 0.0, &[(message, &turned)]);
    }
}
