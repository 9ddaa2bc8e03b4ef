//! Yardsticks: the bandwidth of a device's memory and its rates of arithmetic (`cuda/peak.cu`).

use crate::rung::{grid_stride, has};
use crate::{DeviceBuffer, KernelError};

/// y = x, of a length that is a multiple of 4: moves 8 bytes an element.
///
/// # Errors
///
/// Lengths that differ or are no such multiple, or what the launch reports.
pub fn copy(x: &DeviceBuffer<f32>, y: &mut DeviceBuffer<f32>) -> Result<(), KernelError> {
    has("peak_copy", "y", y, &[x.len() / 4, 4])?;
    let launch = grid_stride(x.device().kernel("peak_copy"), x.len() / 4);
    launch.arg(x).arg(y).arg(x.len()).launch()
}

/// 16 operations in f32 a round and element of y, a multiple of 256. Each of eight chains v, from 0 to 7, becomes v factor + 1 in every
/// round; y is their sum. Returns the number of operations.
///
/// # Errors
///
/// A length that is no such multiple, or what the launch reports.
pub fn f32_rate(y: &mut DeviceBuffer<f32>, factor: f32, rounds: usize) -> Result<f64, KernelError> {
    has("peak_f32", "y", y, &[y.len() / 256, 256])?;
    let n = y.len();
    y.device().clone().kernel("peak_f32").over(n, 256).arg(y).arg(factor).arg(rounds).launch()?;
    Ok(16.0 * n as f64 * rounds as f64)
}

/// 1024 operations in bf16 a round and element of y, a multiple of 256, on tensor cores; every element becomes 512 rounds. Returns
/// the number of operations.
///
/// # Errors
///
/// As [`f32_rate`].
pub fn bf16_rate(y: &mut DeviceBuffer<f32>, rounds: usize) -> Result<f64, KernelError> {
    has("peak_bf16", "y", y, &[y.len() / 256, 256])?;
    let n = y.len();
    y.device().clone().kernel("peak_bf16").over(n, 256).arg(y).arg(rounds).launch()?;
    Ok(1024.0 * n as f64 * rounds as f64)
}
