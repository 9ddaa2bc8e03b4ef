//! Dropout with a counter-based generator (`cuda/dropout.cu`).

use crate::rung::{grid_stride, has, kernel};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`dropout`].
pub const DROPOUT: &[&str] = &["one thread an element", "four elements a counter"];

/// y = x / (1 - p) where element i is kept, else 0; which are kept depends on `seed` and i alone
/// (`torch.nn.functional.dropout`). Backward is the same call with the gradient for x.
///
/// # Errors
///
/// p outside 0..1, unequal lengths, an unknown version, or what the launch reports.
pub fn dropout(
    version: usize,
    x: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
    p: f32,
    seed: u64,
) -> Result<(), KernelError> {
    const NAME: &str = "dropout";
    let name = kernel(NAME, version, DROPOUT)?;
    let n = x.len();
    has(NAME, "y", y, &[n])?;
    if !(0.0..1.0).contains(&p) {
        return Err(KernelError::Shape {
            operation: NAME,
            message: format!("the probability {p} is not in 0..1"),
        });
    }
    let threshold = (f64::from(p) * 2f64.powi(32)) as u32;
    let launch = x.device().kernel(&name);
    let launch = if version == 1 { launch.over(n, 256) } else { grid_stride(launch, n.div_ceil(4)) };
    let launch = launch.arg(x).arg(y).arg(threshold).arg(1.0 / (1.0 - p));
    launch.arg(seed as u32).arg((seed >> 32) as u32).arg(n).launch()
}
