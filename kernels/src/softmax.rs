//! Softmax over the last axis, forward and backward (`cuda/softmax.cu`).

use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError, Launch};

/// The rungs of [`softmax`].
pub const SOFTMAX: &[&str] =
    &["one thread a row, three passes", "one block a row", "online: two passes", "one warp a row"];
/// The rungs of [`softmax_backward`].
pub const SOFTMAX_BACKWARD: &[&str] = &["one thread a row", "one block a row", "one warp a row"];

type Floats = DeviceBuffer<f32>;

/// The threads that work on one row.
#[derive(Clone, Copy)]
pub(crate) enum PerRow {
    Thread,
    Warp,
    Block,
}

/// The grid for `rows` rows: one thread, one warp or one block each.
pub(crate) fn over_rows(launch: Launch<'_>, rows: usize, per_row: PerRow) -> Launch<'_> {
    match per_row {
        PerRow::Thread => launch.over(rows, 128),
        PerRow::Warp => launch.over(rows * 32, 128),
        PerRow::Block => launch.grid(rows).block(256),
    }
}

/// y = softmax(x) along each row, both `[rows, columns]` (`torch.softmax(x, dim=-1)`). No row, no launch.
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn softmax(
    version: usize,
    x: &Floats,
    y: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    let name = kernel("softmax", version, SOFTMAX)?;
    has("softmax", "x", x, &[rows, columns])?;
    has("softmax", "y", y, &[rows, columns])?;
    if rows == 0 {
        return Ok(());
    }
    let per_row = [PerRow::Thread, PerRow::Block, PerRow::Block, PerRow::Warp][version - 1];
    over_rows(x.device().kernel(&name), rows, per_row).arg(x).arg(y).arg(rows).arg(columns).launch()
}

/// dx from dy and the result y of [`softmax`], all `[rows, columns]`.
///
/// # Errors
///
/// As [`softmax`].
pub fn softmax_backward(
    version: usize,
    dy: &Floats,
    y: &Floats,
    dx: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "softmax_backward";
    let name = kernel(NAME, version, SOFTMAX_BACKWARD)?;
    has(NAME, "dy", dy, &[rows, columns])?;
    has(NAME, "y", y, &[rows, columns])?;
    has(NAME, "dx", dx, &[rows, columns])?;
    if rows == 0 {
        return Ok(());
    }
    let per_row = [PerRow::Thread, PerRow::Block, PerRow::Warp][version - 1];
    over_rows(dy.device().kernel(&name), rows, per_row).arg(dy).arg(y).arg(dx).arg(rows).arg(columns).launch()
}
