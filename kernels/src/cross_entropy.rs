//! Cross-entropy fused with softmax: loss and gradient in one kernel (`cuda/cross_entropy.cu`).

use crate::rung::{has, kernel};
use crate::softmax::{PerRow, over_rows};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`cross_entropy`].
pub const CROSS_ENTROPY: &[&str] = &["one thread a row", "one warp a row", "one block a row, online"];

/// The loss of every row and the gradient of `scale` times their sum to the logits.
///
/// logits and dlogits `[rows, classes]`, targets and loss `[rows]`; a target below 0 does not count (`torch.nn.functional.
/// cross_entropy` with `ignore_index`). For the mean over the rows, `scale` is 1 / (rows that count).
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports. A target of `classes` or more is an access out of
/// bounds of the last row, which the simulator reports, and reads a neighbouring row elsewhere: check targets on the host.
pub fn cross_entropy(
    version: usize,
    logits: &DeviceBuffer<f32>,
    targets: &DeviceBuffer<i32>,
    loss: &mut DeviceBuffer<f32>,
    dlogits: &mut DeviceBuffer<f32>,
    [rows, classes]: [usize; 2],
    scale: f32,
) -> Result<(), KernelError> {
    const NAME: &str = "cross_entropy";
    let name = kernel(NAME, version, CROSS_ENTROPY)?;
    has(NAME, "logits", logits, &[rows, classes])?;
    has(NAME, "targets", targets, &[rows])?;
    has(NAME, "loss", loss, &[rows])?;
    has(NAME, "dlogits", dlogits, &[rows, classes])?;
    if rows == 0 {
        return Ok(());
    }
    let per_row = [PerRow::Thread, PerRow::Warp, PerRow::Block][version - 1];
    let launch = over_rows(logits.device().kernel(&name), rows, per_row);
    launch.arg(logits).arg(targets).arg(loss).arg(dlogits).arg(rows).arg(classes).arg(scale).launch()
}
