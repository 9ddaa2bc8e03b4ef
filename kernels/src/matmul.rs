//! Matrix products: in f32 (`cuda/matmul.cu`), with a transposed factor (`cuda/matmul_transposed.cu`), and on tensor cores in bf16
//! (`cuda/matmul_bf16.cu`) and tf32 (`cuda/matmul_tf32.cu`).

use crate::rung::{has, kernel};
use crate::{Bf16, DeviceBuffer, Element, KernelError, Launch};

/// A factor, and the shape that it must have.
type Factor<'a, T> = (&'a DeviceBuffer<T>, [usize; 2]);

/// Checks and launches a kernel of this name that computes c `[m, n]` from its two factors and is passed the three and m, n, k;
/// `sized` gives the launch its grid and block, or says which sizes the kernel does not take.
fn product<T: Element>(
    operation: &'static str,
    name: &str,
    (a, a_shape): Factor<'_, T>,
    (b, b_shape): Factor<'_, T>,
    c: &mut DeviceBuffer<f32>,
    size @ [m, n, k]: [usize; 3],
    sized: impl FnOnce(Launch<'_>) -> Result<Launch<'_>, String>,
) -> Result<(), KernelError> {
    has(operation, "a", a, &a_shape)?;
    has(operation, "b", b, &b_shape)?;
    has(operation, "c", c, &[m, n])?;
    if c.is_empty() {
        return Ok(());
    }
    let refused = |what: String| KernelError::Shape { operation, message: format!("{what}, not {size:?}") };
    let launch = sized(a.device().kernel(name)).map_err(refused)?;
    launch.arg(a).arg(b).arg(c).arg(m).arg(n).arg(k).launch()
}

/// The rungs of [`matmul`].
pub const MATMUL: &[&str] = &[
    "one thread an element",
    "tiles in shared memory",
    "4 x 4 elements a thread",
    "8 x 8 elements a thread, vector loads, transposed tile",
    "double-buffered",
];

/// The elements of c that a block computes along either side, per version.
const TILE: [usize; 5] = [16, 16, 64, 128, 128];

/// c = a b with a `[m, k]`, b `[k, n]`, c `[m, n]` (`torch.matmul`).
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn matmul(
    version: usize,
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    let name = kernel("matmul", version, MATMUL)?;
    product("matmul", &name, (a, [m, k]), (b, [k, n]), c, [m, n, k], |launch| {
        let tile = TILE[version - 1];
        let launch = launch.grid((n.div_ceil(tile), m.div_ceil(tile)));
        Ok(if version <= 2 { launch.block((16, 16)) } else { launch.block(256) })
    })
}

/// The rungs of [`matmul_nt`] and [`matmul_tn`].
pub const MATMUL_TRANSPOSED: &[&str] = &["one thread an element", "tiles in shared memory"];

/// c = a bᵀ with a `[m, k]`, b `[n, k]`, c `[m, n]`: the gradient to the left factor of a product is dc bᵀ.
///
/// # Errors
///
/// As [`matmul`].
pub fn matmul_nt(
    version: usize,
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    transposed("matmul_nt", version, (a, [m, k]), (b, [n, k]), c, [m, n, k])
}

/// c = aᵀ b with a `[k, m]`, b `[k, n]`, c `[m, n]`: the gradient to the right factor of a product is aᵀ dc.
///
/// # Errors
///
/// As [`matmul`].
pub fn matmul_tn(
    version: usize,
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    transposed("matmul_tn", version, (a, [k, m]), (b, [k, n]), c, [m, n, k])
}

fn transposed(
    operation: &'static str,
    version: usize,
    a: Factor<'_, f32>,
    b: Factor<'_, f32>,
    c: &mut DeviceBuffer<f32>,
    size @ [m, n, _]: [usize; 3],
) -> Result<(), KernelError> {
    let name = kernel(operation, version, MATMUL_TRANSPOSED)?;
    product(operation, &name, a, b, c, size, |launch| {
        Ok(launch.grid((n.div_ceil(16), m.div_ceil(16))).block((16, 16)))
    })
}

/// The rungs of [`matmul_bf16`].
pub const MATMUL_BF16: &[&str] = &[
    "one warp a tile, fragments from memory",
    "tiles in shared memory, 2 x 2 fragments a warp",
    "mma.sync, three buffers by cp.async, swizzled",
];

/// c = a b on tensor cores, with a `[m, k]` and b `[k, n]` in bf16, c `[m, n]` in f32. Version 1 needs multiples of 16,
/// version 3 a k and n that are multiples of 8.
///
/// # Errors
///
/// As [`matmul`], and sizes that version 1 does not take.
pub fn matmul_bf16(
    version: usize,
    a: &DeviceBuffer<Bf16>,
    b: &DeviceBuffer<Bf16>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    const NAME: &str = "matmul_bf16";
    let name = kernel(NAME, version, MATMUL_BF16)?;
    product(NAME, &name, (a, [m, k]), (b, [k, n]), c, [m, n, k], |launch| {
        if version == 1 && [m, n, k].iter().any(|size| size % 16 != 0) {
            return Err("version 1 takes multiples of 16".to_owned());
        }
        if version == 3 && (n % 8 != 0 || k % 8 != 0 || k == 0) {
            return Err("version 3 takes an n and k that are multiples of 8".to_owned());
        }
        let (tile, threads) = [(16, 32), (64, 128), (128, 256)][version - 1];
        Ok(launch.grid((n.div_ceil(tile), m.div_ceil(tile))).block(threads))
    })
}

/// The rungs of [`matmul_tf32`].
pub const MATMUL_TF32: &[&str] =
    &["one warp a tile, from memory", "mma.sync, three buffers by cp.async, padded"];

/// c = a b on tensor cores, with a `[m, k]`, b `[k, n]` and c `[m, n]` in f32; the factors are rounded to tf32, 10 bits of mantissa
/// (`torch.matmul` with `torch.backends.cuda.matmul.allow_tf32`). Version 2 needs a k and n that are multiples of 4.
///
/// # Errors
///
/// As [`matmul`], and sizes that version 2 does not take.
pub fn matmul_tf32(
    version: usize,
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    const NAME: &str = "matmul_tf32";
    let name = kernel(NAME, version, MATMUL_TF32)?;
    product(NAME, &name, (a, [m, k]), (b, [k, n]), c, [m, n, k], |launch| {
        if version == 1 {
            return Ok(launch.grid((n.div_ceil(8), m.div_ceil(16))).block(32));
        }
        if n % 4 != 0 || k % 4 != 0 || k == 0 {
            return Err("version 2 takes an n and k that are multiples of 4".to_owned());
        }
        // Three pairs of tiles, 128 rows of 36 floats and 32 of 136.
        let tiles = 3 * (128 * 36 + 32 * 136) * size_of::<f32>();
        Ok(launch.grid((n.div_ceil(128), m.div_ceil(128))).block(256).shared_bytes(tiles))
    })
}
