//! What the checks and tests of this chapter share.

use kernels::Device;

/// The simulator.
///
/// # Panics
///
/// When the build found no C++ compiler; the message says what to install.
pub fn simulator() -> Device {
    Device::simulator().unwrap_or_else(|error| panic!("{error}"))
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

/// The same numbers in 64 bits.
pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
