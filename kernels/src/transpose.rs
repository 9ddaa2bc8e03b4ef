//! Transposition and casts (`cuda/transpose.cu`).

use crate::rung::{has, kernel};
use crate::{Bf16, DeviceBuffer, KernelError};

/// The rungs of [`transpose`].
pub const TRANSPOSE: &[&str] =
    &["one thread an element", "through a tile in shared memory", "a tile without bank conflicts"];
/// The rungs of [`to_bf16`].
pub const TO_BF16: &[&str] = &["one thread an element", "two elements a thread"];
/// The rungs of [`from_bf16`].
pub const FROM_BF16: &[&str] = &["one thread an element", "two elements a thread"];

/// y = x transposed: x `[rows, columns]`, y `[columns, rows]` (`x.T.contiguous()` in PyTorch).
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn transpose(
    version: usize,
    x: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    let name = kernel("transpose", version, TRANSPOSE)?;
    has("transpose", "x", x, &[rows, columns])?;
    has("transpose", "y", y, &[columns, rows])?;
    let grid = (columns.div_ceil(32).max(1), rows.div_ceil(32).max(1));
    let block = if version == 1 { (32, 32) } else { (32, 8) };
    x.device().kernel(&name).grid(grid).block(block).arg(x).arg(y).arg(rows).arg(columns).launch()
}

/// y = x rounded to bfloat16 (`x.bfloat16()` in PyTorch).
///
/// # Errors
///
/// Unequal lengths, an unknown version, or what the launch reports.
pub fn to_bf16(version: usize, x: &DeviceBuffer<f32>, y: &mut DeviceBuffer<Bf16>) -> Result<(), KernelError> {
    let name = kernel("to_bf16", version, TO_BF16)?;
    let n = x.len();
    has("to_bf16", "y", y, &[n])?;
    let threads = if version == 1 { n } else { n.div_ceil(2) };
    x.device().kernel(&name).over(threads, 256).arg(x).arg(y).arg(n).launch()
}

/// y = x as f32, exactly (`x.float()` in PyTorch).
///
/// # Errors
///
/// As [`to_bf16`].
pub fn from_bf16(
    version: usize,
    x: &DeviceBuffer<Bf16>,
    y: &mut DeviceBuffer<f32>,
) -> Result<(), KernelError> {
    let name = kernel("from_bf16", version, FROM_BF16)?;
    let n = x.len();
    has("from_bf16", "y", y, &[n])?;
    let threads = if version == 1 { n } else { n.div_ceil(2) };
    x.device().kernel(&name).over(threads, 256).arg(x).arg(y).arg(n).launch()
}
