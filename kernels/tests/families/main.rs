//! Every version of every kernel against plain loops in f64, over odd sizes, on the simulator.

use kernels::DeviceBuffer;
use kernels::testing::{device, numbers};

mod attention;
mod batch_norm;
mod conv;
mod dropout;
mod elementwise;
mod embedding;
mod lstm;
mod matmul;
mod optimizer;
mod peak;
mod planted_bugs;
mod pool;
mod ptx;
mod reduce;
mod rows;
mod transpose;

/// Sizes around a warp, around a block, and none of them round.
const SIZES: &[usize] = &[1, 2, 31, 32, 33, 127, 255, 256, 257, 1000];

/// That `got` is `want` up to `tolerance` times (1 + |want|), element by element.
#[track_caller]
fn close(what: &str, got: &DeviceBuffer<f32>, want: &[f64], tolerance: f64) {
    let got = got.to_vec().unwrap();
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        assert!(
            (f64::from(g) - w).abs() <= tolerance * (1.0 + w.abs()),
            "{what}: element {i} is {g}, should be {w}"
        );
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
