//! SGD and AdamW over a flat arena, the global norm and clipping (`cuda/optimizer.cu`).

use crate::rung::{grid_stride, has, kernel};
use crate::{DeviceBuffer, KernelError, reduce};

/// The rungs of [`sgd`].
pub const SGD: &[&str] = &["one thread an element", "grid-stride loop, four elements a load"];
/// The rungs of [`adamw`].
pub const ADAMW: &[&str] = &["one thread an element", "grid-stride loop, four elements a load"];
/// The rungs of [`square_sum`].
pub const SQUARE_SUM: &[&str] = &["grid-stride loop, shuffles", "four elements a load"];

type Floats = DeviceBuffer<f32>;

/// One step of SGD with momentum (`torch.optim.SGD`) on all parameters p, from their gradients g, with velocities v:
/// v = momentum v + g + decay p; p -= rate v.
///
/// # Errors
///
/// Unequal lengths, an unknown version, or what the launch reports.
pub fn sgd(
    version: usize,
    p: &mut Floats,
    g: &Floats,
    v: &mut Floats,
    [rate, momentum, decay]: [f32; 3],
) -> Result<(), KernelError> {
    let name = kernel("sgd", version, SGD)?;
    let n = g.len();
    has("sgd", "p", p, &[n])?;
    has("sgd", "v", v, &[n])?;
    let launch = g.device().kernel(&name);
    let launch = if version == 1 { launch.over(n, 256) } else { grid_stride(launch, n.div_ceil(4)) };
    launch.arg(p).arg(g).arg(v).arg(rate).arg(momentum).arg(decay).arg(n).launch()
}

/// The settings of [`adamw`], named as in `torch.optim.AdamW`.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// The learning rate.
    pub rate: f32,
    /// How much of the mean gradient is kept in a step.
    pub beta1: f32,
    /// How much of the mean squared gradient is kept.
    pub beta2: f32,
    /// Keeps the divisor away from 0.
    pub eps: f32,
    /// Weight decay, not part of the gradient.
    pub decay: f32,
}

/// Step `step` (from 1) of AdamW on all parameters p, from their gradients g times `clip`, with the means m and v.
///
/// # Errors
///
/// Unequal lengths, an unknown version, or what the launch reports.
pub fn adamw(
    version: usize,
    settings: &AdamW,
    step: i32,
    clip: f32,
    p: &mut Floats,
    g: &Floats,
    [m, v]: [&mut Floats; 2],
) -> Result<(), KernelError> {
    let name = kernel("adamw", version, ADAMW)?;
    let n = g.len();
    has("adamw", "p", p, &[n])?;
    has("adamw", "m", m, &[n])?;
    has("adamw", "v", v, &[n])?;
    let AdamW { rate, beta1, beta2, eps, decay } = *settings;
    // In f64: 1 - 0.999 in f32 keeps four digits.
    let correct = |beta: f32| (1.0 - f64::from(beta).powi(step)) as f32;
    let launch = g.device().kernel(&name);
    let launch = if version == 1 { launch.over(n, 256) } else { grid_stride(launch, n.div_ceil(4)) };
    let launch = launch.arg(p).arg(g).arg(m).arg(v).arg(clip).arg(rate).arg(beta1).arg(beta2).arg(eps);
    launch.arg(decay).arg(correct(beta1)).arg(correct(beta2)).arg(n).launch()
}

/// The sum of the squares of all elements, as a buffer of one: it stays on the device, for [`clip`].
///
/// # Errors
///
/// An unknown version, or what the launch reports.
pub fn square_sum(version: usize, x: &Floats) -> Result<Floats, KernelError> {
    let name = kernel("square_sum", version, SQUARE_SUM)?;
    has("square_sum", "x", x, &[x.len()])?;
    let blocks = x.len().div_ceil(4 * 256).clamp(1, 1024);
    let mut partial = x.device().uninit(blocks)?;
    x.device().kernel(&name).grid(blocks).block(256).arg(x).arg(&mut partial).arg(x.len()).launch()?;
    reduce::sum_on_device(4, partial)
}

/// The rungs of [`clip`].
pub const CLIP: &[&str] = &["factor and scaling, a launch each", "one launch, none of it for a small norm"];

/// Scales x so that its norm is at most `limit` (`torch.nn.utils.clip_grad_norm_`); the host does not wait.
///
/// # Errors
///
/// An unknown version, or what the launches report.
pub fn clip(version: usize, x: &mut Floats, limit: f32) -> Result<(), KernelError> {
    kernel("clip", version, CLIP)?;
    let square = square_sum(version, x)?;
    let (device, n) = (x.device().clone(), x.len());
    if version == 2 {
        let launch = grid_stride(device.kernel("clip_scale_v2"), n.div_ceil(4));
        return launch.arg(x).arg(&square).arg(limit).arg(n).launch();
    }
    let mut factor = device.uninit::<f32>(1)?;
    device.kernel("clip_factor_v1").arg(&square).arg(&mut factor).arg(limit).launch()?;
    grid_stride(device.kernel("scale_by_v1"), n).arg(x).arg(&factor).arg(n).launch()
}
