//! What the checks and tests of this chapter share.

use kernels::Device;
pub use kernels::testing::numbers;

/// The simulator.
///
/// # Panics
///
/// When the build found no C++ compiler; the message says what to install.
pub fn simulator() -> Device {
    Device::simulator().unwrap_or_else(|error| panic!("{error}"))
}

/// The same numbers in 64 bits.
pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
