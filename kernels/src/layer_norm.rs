//! Layer norm over the last axis, forward and backward (`cuda/layer_norm.cu`).

use crate::rung::{has, kernel};
use crate::softmax::{PerRow, over_rows};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`layer_norm`].
pub const LAYER_NORM: &[&str] =
    &["one thread a row, three passes", "one block a row", "one warp a row, kept in registers"];
/// The rungs of [`layer_norm_backward_input`].
pub const LAYER_NORM_BACKWARD_INPUT: &[&str] = &["one thread a row", "one warp a row"];
/// The rungs of [`layer_norm_backward_weight`].
pub const LAYER_NORM_BACKWARD_WEIGHT: &[&str] =
    &["one thread a column", "32 x 8 threads, shared memory and atomics"];

/// The longest row that version 3 of [`layer_norm`] keeps in registers.
pub const LONGEST_HELD: usize = 1024;

type Floats = DeviceBuffer<f32>;

/// What forward keeps for backward: the mean and 1 / sqrt(variance + eps) of every row, `[rows]` each.
pub struct Statistics {
    /// The means.
    pub mean: Floats,
    /// The reciprocal standard deviations.
    pub rstd: Floats,
}

/// y = (x - mean) rstd weight + bias along each row (`torch.nn.functional.layer_norm`); x and y `[rows, columns]`, weight and
/// bias `[columns]`. Rows beyond [`LONGEST_HELD`] are done by version 2 where version 3 was asked for.
///
/// # Errors
///
/// Sizes that do not fit, no element, an unknown version, or what the launch reports.
pub fn layer_norm(
    version: usize,
    x: &Floats,
    weight: &Floats,
    bias: &Floats,
    y: &mut Floats,
    [rows, columns]: [usize; 2],
    eps: f32,
) -> Result<Statistics, KernelError> {
    const NAME: &str = "layer_norm";
    kernel(NAME, version, LAYER_NORM)?;
    let version = if version == 3 && columns > LONGEST_HELD { 2 } else { version };
    let name = kernel(NAME, version, LAYER_NORM)?;
    has(NAME, "x", x, &[rows, columns])?;
    has(NAME, "weight", weight, &[columns])?;
    has(NAME, "bias", bias, &[columns])?;
    has(NAME, "y", y, &[rows, columns])?;
    let device = x.device();
    let mut kept = Statistics { mean: device.uninit(rows)?, rstd: device.uninit(rows)? };
    if rows == 0 {
        return Ok(kept);
    }
    let per_row = [PerRow::Thread, PerRow::Block, PerRow::Warp][version - 1];
    let launch = over_rows(device.kernel(&name), rows, per_row).arg(x).arg(weight).arg(bias).arg(y);
    launch.arg(&mut kept.mean).arg(&mut kept.rstd).arg(rows).arg(columns).arg(eps).launch()?;
    Ok(kept)
}

/// dx of [`layer_norm`], `[rows, columns]`.
///
/// # Errors
///
/// As [`layer_norm`].
pub fn layer_norm_backward_input(
    version: usize,
    dy: &Floats,
    x: &Floats,
    weight: &Floats,
    kept: &Statistics,
    dx: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "layer_norm_backward_input";
    let name = kernel(NAME, version, LAYER_NORM_BACKWARD_INPUT)?;
    has(NAME, "dy", dy, &[rows, columns])?;
    has(NAME, "x", x, &[rows, columns])?;
    has(NAME, "weight", weight, &[columns])?;
    has(NAME, "mean", &kept.mean, &[rows])?;
    has(NAME, "dx", dx, &[rows, columns])?;
    if rows == 0 {
        return Ok(());
    }
    let per_row = [PerRow::Thread, PerRow::Warp][version - 1];
    let launch = over_rows(x.device().kernel(&name), rows, per_row).arg(dy).arg(x).arg(weight);
    launch.arg(&kept.mean).arg(&kept.rstd).arg(dx).arg(rows).arg(columns).launch()
}

/// dweight and dbias of [`layer_norm`], `[columns]` each, both overwritten.
///
/// # Errors
///
/// As [`layer_norm`].
pub fn layer_norm_backward_weight(
    version: usize,
    dy: &Floats,
    x: &Floats,
    kept: &Statistics,
    dweight: &mut Floats,
    dbias: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "layer_norm_backward_weight";
    let name = kernel(NAME, version, LAYER_NORM_BACKWARD_WEIGHT)?;
    has(NAME, "dy", dy, &[rows, columns])?;
    has(NAME, "x", x, &[rows, columns])?;
    has(NAME, "mean", &kept.mean, &[rows])?;
    has(NAME, "dweight", dweight, &[columns])?;
    has(NAME, "dbias", dbias, &[columns])?;
    let launch = x.device().kernel(&name);
    let launch = match version {
        1 => launch.over(columns, 128),
        _ => {
            dweight.fill_zero()?;
            dbias.fill_zero()?;
            launch.grid((columns.div_ceil(32).max(1), rows.div_ceil(8 * 16).clamp(1, 64))).block((32, 8))
        }
    };
    let launch = launch.arg(dy).arg(x).arg(&kept.mean).arg(&kept.rstd);
    launch.arg(dweight).arg(dbias).arg(rows).arg(columns).launch()
}
