//! The elementwise part of an LSTM step, fused, forward and backward (`cuda/lstm.cu`).

use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`lstm_step`].
pub const LSTM_STEP: &[&str] = &["one thread a cell", "four cells a thread, vector loads"];
/// The rungs of [`lstm_step_backward`].
pub const LSTM_STEP_BACKWARD: &[&str] = &["one thread a cell", "four cells a thread, vector loads"];

type Floats = DeviceBuffer<f32>;

/// From the sums `gates` `[batch, 4 hidden]` (order input, forget, cell, output, as `torch.nn.LSTM`) and c_old `[batch, hidden]`
/// to the activated gates, c and h in `to`.
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn lstm_step(
    version: usize,
    gates: &Floats,
    c_old: &Floats,
    [active, c, h]: [&mut Floats; 3],
    [batch, hidden]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "lstm_step";
    kernel(NAME, version, LSTM_STEP)?;
    let version = fitting(version, hidden);
    let name = kernel(NAME, version, LSTM_STEP)?;
    has(NAME, "gates", gates, &[batch, 4, hidden])?;
    has(NAME, "active", active, &[batch, 4, hidden])?;
    has(NAME, "c_old", c_old, &[batch, hidden])?;
    has(NAME, "c", c, &[batch, hidden])?;
    has(NAME, "h", h, &[batch, hidden])?;
    let launch = gates
        .device()
        .kernel(&name)
        .over(batch * hidden / if version == 1 { 1 } else { 4 }, 256)
        .arg(gates)
        .arg(c_old);
    launch.arg(active).arg(c).arg(h).arg(batch).arg(hidden).launch()
}

/// What [`lstm_step_backward`] needs of the step.
pub struct LstmKept<'a> {
    /// The activated gates.
    pub active: &'a Floats,
    /// The cells before the step.
    pub c_old: &'a Floats,
    /// The cells after it.
    pub c: &'a Floats,
}

/// From dh and dc `[batch, hidden]` to dgates `[batch, 4 hidden]` and dc_old, both overwritten.
///
/// # Errors
///
/// As [`lstm_step`].
pub fn lstm_step_backward(
    version: usize,
    dh: &Floats,
    dc: &Floats,
    kept: &LstmKept,
    [dgates, dc_old]: [&mut Floats; 2],
    [batch, hidden]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "lstm_step_backward";
    kernel(NAME, version, LSTM_STEP_BACKWARD)?;
    let version = fitting(version, hidden);
    let name = kernel(NAME, version, LSTM_STEP_BACKWARD)?;
    for (what, buffer) in [("dh", dh), ("dc", dc), ("c_old", kept.c_old), ("c", kept.c)] {
        has(NAME, what, buffer, &[batch, hidden])?;
    }
    has(NAME, "active", kept.active, &[batch, 4, hidden])?;
    has(NAME, "dgates", dgates, &[batch, 4, hidden])?;
    has(NAME, "dc_old", dc_old, &[batch, hidden])?;
    let launch = dh
        .device()
        .kernel(&name)
        .over(batch * hidden / if version == 1 { 1 } else { 4 }, 256)
        .arg(dh)
        .arg(dc);
    let launch = launch.arg(kept.active).arg(kept.c_old).arg(kept.c);
    launch.arg(dgates).arg(dc_old).arg(batch).arg(hidden).launch()
}

/// Version 2 takes hidden sizes that are multiples of 4; others get version 1.
fn fitting(version: usize, hidden: usize) -> usize {
    if hidden.is_multiple_of(4) { version } else { 1 }
}
