//! What tests and measurements of kernels share, here and in chapter 22.

use crate::{Device, HAS_SIMULATOR};

/// The simulator; none, loudly, where the build has none.
pub fn simulator() -> Option<Device> {
    if !HAS_SIMULATOR {
        println!("SKIPPED: this build has no CUDA simulator, because it found no C++ compiler");
        return None;
    }
    Some(Device::simulator().unwrap_or_else(|error| panic!("{error}")))
}

/// The [`simulator`]; with feature `cuda` and CUDA_TEST_GPU set, the first GPU.
///
/// # Panics
///
/// When the GPU that was asked for cannot be used.
pub fn device() -> Option<Device> {
    #[cfg(feature = "cuda")]
    if std::env::var_os("CUDA_TEST_GPU").is_some() {
        return Some(Device::cuda(0).unwrap_or_else(|error| panic!("{error}")));
    }
    simulator()
}

/// `n` numbers between -2 and 2, the same for the same seed (splitmix64).
pub fn numbers(seed: u64, n: usize) -> Vec<f32> {
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
