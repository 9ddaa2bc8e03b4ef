//! Every version of every kernel against plain loops in f64, over odd sizes, on the simulator.

use kernels::{Device, DeviceBuffer, HAS_SIMULATOR};

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

/// The simulator; none, loudly, where the build has none. With feature `cuda` and CUDA_TEST_GPU set, the first GPU.
fn device() -> Option<Device> {
    #[cfg(feature = "cuda")]
    if std::env::var_os("CUDA_TEST_GPU").is_some() {
        return Some(Device::cuda(0).unwrap());
    }
    if !HAS_SIMULATOR {
        println!("SKIPPED: this build has no CUDA simulator, because it found no C++ compiler");
        return None;
    }
    Some(Device::simulator().unwrap())
}

/// `n` numbers between -2 and 2, the same for the same seed (splitmix64).
fn numbers(seed: u64, n: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..n).map(|_| (next() >> 40) as f32 / (1u64 << 22) as f32 - 2.0).collect()
}

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
