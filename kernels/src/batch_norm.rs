//! Batch norm in training, forward and backward (`cuda/batch_norm.cu`).

use crate::layer_norm::Statistics;
use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`batch_norm`].
pub const BATCH_NORM: &[&str] = &["one thread a channel", "one block a channel"];
/// The rungs of [`batch_norm_backward`].
pub const BATCH_NORM_BACKWARD: &[&str] = &["one thread a channel", "one block a channel"];

type Floats = DeviceBuffer<f32>;

/// y = (x - mean) rstd weight + bias per channel, with the statistics of this batch (`torch.nn.functional.batch_norm` with
/// `training`); x and y `[batch, channels, area]`, weight, bias and the statistics `[channels]`. Running statistics are the
/// host's.
///
/// # Errors
///
/// Sizes that do not fit or are 0, an unknown version, or what the launch reports.
pub fn batch_norm(
    version: usize,
    x: &Floats,
    weight: &Floats,
    bias: &Floats,
    y: &mut Floats,
    shape @ [batch, channels, area]: [usize; 3],
    eps: f32,
) -> Result<Statistics, KernelError> {
    const NAME: &str = "batch_norm";
    let name = kernel(NAME, version, BATCH_NORM)?;
    has(NAME, "x", x, &shape)?;
    has(NAME, "weight", weight, &[channels])?;
    has(NAME, "bias", bias, &[channels])?;
    has(NAME, "y", y, &shape)?;
    let device = x.device();
    let mut kept = Statistics { mean: device.uninit(channels)?, rstd: device.uninit(channels)? };
    let launch = device.kernel(&name);
    let launch = if version == 1 { launch.over(channels, 128) } else { launch.grid(channels).block(256) };
    let launch = launch.arg(x).arg(weight).arg(bias).arg(y).arg(&mut kept.mean).arg(&mut kept.rstd);
    launch.arg(batch).arg(channels).arg(area).arg(eps).launch()?;
    Ok(kept)
}

/// dx `[batch, channels, area]`, and dweight and dbias `[channels]` in `to`, all overwritten.
///
/// # Errors
///
/// As [`batch_norm`].
pub fn batch_norm_backward(
    version: usize,
    dy: &Floats,
    x: &Floats,
    weight: &Floats,
    kept: &Statistics,
    [dx, dweight, dbias]: [&mut Floats; 3],
    shape @ [batch, channels, area]: [usize; 3],
) -> Result<(), KernelError> {
    const NAME: &str = "batch_norm_backward";
    let name = kernel(NAME, version, BATCH_NORM_BACKWARD)?;
    has(NAME, "dy", dy, &shape)?;
    has(NAME, "x", x, &shape)?;
    has(NAME, "weight", weight, &[channels])?;
    has(NAME, "mean", &kept.mean, &[channels])?;
    has(NAME, "dx", dx, &shape)?;
    has(NAME, "dweight", dweight, &[channels])?;
    has(NAME, "dbias", dbias, &[channels])?;
    let launch = x.device().kernel(&name);
    let launch = if version == 1 { launch.over(channels, 128) } else { launch.grid(channels).block(256) };
    let launch = launch.arg(dy).arg(x).arg(weight).arg(&kept.mean).arg(&kept.rstd);
    launch.arg(dx).arg(dweight).arg(dbias).arg(batch).arg(channels).arg(area).launch()
}
