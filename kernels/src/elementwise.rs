//! Elementwise operations, and bias and activation fused (`cuda/elementwise.cu`).

use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError};

const THREADS: usize = 256;
/// Blocks of a grid-stride loop: enough to fill a large GPU several times over.
const BLOCKS: usize = 1024;

/// The rungs of [`add`].
pub const ADD: &[&str] = &["one thread an element", "grid-stride loop", "four elements a load"];
/// The rungs of [`bias_relu`].
pub const BIAS_RELU: &[&str] = &["one thread an element", "one thread a column"];
/// The rungs of [`bias_relu_backward`].
pub const BIAS_RELU_BACKWARD: &[&str] = &["one thread a column", "32 x 8 threads, shared memory and atomics"];
/// The rungs of [`bias`].
pub const BIAS: &[&str] = &["one thread an element", "one thread a column"];
/// The rungs of [`bias_backward`].
pub const BIAS_BACKWARD: &[&str] = &["one thread a column", "32 x 8 threads, shared memory and atomics"];
/// The rungs of [`gelu`].
pub const GELU: &[&str] = &["grid-stride loop", "four elements a load"];
/// The rungs of [`gelu_backward`].
pub const GELU_BACKWARD: &[&str] = &["grid-stride loop", "four elements a load"];

type Floats = DeviceBuffer<f32>;

/// y = a + b, all of the same length (`torch.add`).
///
/// # Errors
///
/// Unequal lengths, an unknown version, or what the launch reports.
pub fn add(version: usize, a: &Floats, b: &Floats, y: &mut Floats) -> Result<(), KernelError> {
    let name = kernel("add", version, ADD)?;
    let n = a.len();
    has("add", "b", b, &[n])?;
    has("add", "y", y, &[n])?;
    let per_thread = if version == 3 { 4 } else { 1 };
    let all = n.div_ceil(per_thread * THREADS).max(1);
    let blocks = if version == 1 { all } else { all.min(BLOCKS) };
    a.device().kernel(&name).grid(blocks).block(THREADS).arg(a).arg(b).arg(y).arg(n).launch()
}

/// y = relu(x + bias): x and y `[rows, columns]`, bias `[columns]`.
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn bias_relu(
    version: usize,
    x: &Floats,
    bias: &Floats,
    y: &mut Floats,
    shape: [usize; 2],
) -> Result<(), KernelError> {
    with_bias("bias_relu", kernel("bias_relu", version, BIAS_RELU)?, version, (x, bias, y), shape)
}

/// y = x + bias: x and y `[rows, columns]`, bias `[columns]`.
///
/// # Errors
///
/// As [`bias_relu`].
pub fn bias(
    version: usize,
    x: &Floats,
    bias: &Floats,
    y: &mut Floats,
    shape: [usize; 2],
) -> Result<(), KernelError> {
    with_bias("bias", kernel("bias", version, BIAS)?, version, (x, bias, y), shape)
}

fn with_bias(
    operation: &'static str,
    name: String,
    version: usize,
    (x, bias, y): (&Floats, &Floats, &mut Floats),
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    has(operation, "x", x, &[rows, columns])?;
    has(operation, "bias", bias, &[columns])?;
    has(operation, "y", y, &[rows, columns])?;
    let launch = x.device().kernel(&name);
    let launch = match version {
        1 => launch.over(rows * columns, THREADS),
        _ => launch.grid((columns.div_ceil(THREADS).max(1), rows.clamp(1, BLOCKS))).block(THREADS),
    };
    launch.arg(x).arg(bias).arg(y).arg(rows).arg(columns).launch()
}

/// The gradient of the bias of [`bias`] from dy `[rows, columns]`: dbias `[columns]`, which is overwritten. (That of x is dy.)
///
/// # Errors
///
/// As [`bias_relu`].
pub fn bias_backward(
    version: usize,
    dy: &Floats,
    dbias: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "bias_backward";
    let name = kernel(NAME, version, BIAS_BACKWARD)?;
    has(NAME, "dy", dy, &[rows, columns])?;
    has(NAME, "dbias", dbias, &[columns])?;
    let launch = column_sums(version, dy, dbias, &name, [rows, columns])?;
    launch.arg(dy).arg(dbias).arg(rows).arg(columns).launch()
}

/// The grid of the two kernels that add up columns.
fn column_sums<'a>(
    version: usize,
    dy: &'a Floats,
    dbias: &mut Floats,
    name: &str,
    [rows, columns]: [usize; 2],
) -> Result<crate::Launch<'a>, KernelError> {
    let launch = dy.device().kernel(name);
    if version == 1 {
        return Ok(launch.over(columns, THREADS));
    }
    dbias.fill_zero()?;
    Ok(launch.grid((columns.div_ceil(32).max(1), rows.div_ceil(8 * 16).clamp(1, 64))).block((32, 8)))
}

/// The gradients of [`bias_relu`] from dy and its result y: dx `[rows, columns]`, and dbias `[columns]`, which is overwritten.
///
/// # Errors
///
/// As [`bias_relu`].
pub fn bias_relu_backward(
    version: usize,
    dy: &Floats,
    y: &Floats,
    dx: &mut Floats,
    dbias: &mut Floats,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "bias_relu_backward";
    let name = kernel(NAME, version, BIAS_RELU_BACKWARD)?;
    has(NAME, "dy", dy, &[rows, columns])?;
    has(NAME, "y", y, &[rows, columns])?;
    has(NAME, "dx", dx, &[rows, columns])?;
    has(NAME, "dbias", dbias, &[columns])?;
    let launch = column_sums(version, dy, dbias, &name, [rows, columns])?;
    launch.arg(dy).arg(y).arg(dx).arg(dbias).arg(rows).arg(columns).launch()
}

/// y = GELU(x), the exact form (`torch.nn.functional.gelu`).
///
/// # Errors
///
/// Unequal lengths, an unknown version, or what the launch reports.
pub fn gelu(version: usize, x: &Floats, y: &mut Floats) -> Result<(), KernelError> {
    let name = kernel("gelu", version, GELU)?;
    let n = x.len();
    has("gelu", "y", y, &[n])?;
    let blocks = n.div_ceil(if version == 1 { 1 } else { 4 } * THREADS).clamp(1, BLOCKS);
    x.device().kernel(&name).grid(blocks).block(THREADS).arg(x).arg(y).arg(n).launch()
}

/// dx = dy GELU'(x).
///
/// # Errors
///
/// As [`gelu`].
pub fn gelu_backward(version: usize, dy: &Floats, x: &Floats, dx: &mut Floats) -> Result<(), KernelError> {
    let name = kernel("gelu_backward", version, GELU_BACKWARD)?;
    let n = x.len();
    has("gelu_backward", "dy", dy, &[n])?;
    has("gelu_backward", "dx", dx, &[n])?;
    let blocks = n.div_ceil(if version == 1 { 1 } else { 4 } * THREADS).clamp(1, BLOCKS);
    x.device().kernel(&name).grid(blocks).block(THREADS).arg(dy).arg(x).arg(dx).arg(n).launch()
}
