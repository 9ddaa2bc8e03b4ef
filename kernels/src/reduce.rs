//! Sum and maximum of all elements (`cuda/reduce.cu`).

use crate::{DeviceBuffer, KernelError, rung};

const THREADS: usize = 256;
const BLOCKS: usize = 1024;

/// The rungs of [`sum`] and [`max`].
pub const REDUCE: &[&str] =
    &["interleaved tree", "sequential tree", "shuffles within a warp", "grid-stride loop with vector loads"];

/// The sum of all elements, 0 if there are none (`torch.sum`).
///
/// # Errors
///
/// An unknown version, or what the launch reports.
pub fn sum(version: usize, x: &DeviceBuffer<f32>) -> Result<f32, KernelError> {
    reduce("sum", version, x)
}

/// The greatest element, minus infinity if there are none (`torch.max`). As `fmaxf` does, it passes over NaN.
///
/// # Errors
///
/// As [`sum`].
pub fn max(version: usize, x: &DeviceBuffer<f32>) -> Result<f32, KernelError> {
    reduce("max", version, x)
}

fn reduce(operation: &'static str, version: usize, x: &DeviceBuffer<f32>) -> Result<f32, KernelError> {
    let name = rung::kernel(operation, version, REDUCE)?;
    rung::has(operation, "x", x, &[x.len()])?;
    Ok(until_one(&name, version, step(&name, version, x)?)?.to_vec()?[0])
}

/// As [`sum`], but the result stays on the device, as a buffer of one.
pub(crate) fn sum_on_device(version: usize, x: DeviceBuffer<f32>) -> Result<DeviceBuffer<f32>, KernelError> {
    until_one(&rung::kernel("sum", version, REDUCE)?, version, x)
}

/// One launch: one number a block.
fn step(name: &str, version: usize, x: &DeviceBuffer<f32>) -> Result<DeviceBuffer<f32>, KernelError> {
    let blocks = match version {
        4 => x.len().div_ceil(4 * THREADS).clamp(1, BLOCKS),
        _ => x.len().div_ceil(THREADS).max(1),
    };
    let mut partial = x.device().uninit(blocks)?;
    x.device().kernel(name).grid(blocks).block(THREADS).arg(x).arg(&mut partial).arg(x.len()).launch()?;
    Ok(partial)
}

/// Launches until one number is left.
fn until_one(name: &str, version: usize, mut x: DeviceBuffer<f32>) -> Result<DeviceBuffer<f32>, KernelError> {
    while x.len() > 1 {
        x = step(name, version, &x)?;
    }
    Ok(x)
}
