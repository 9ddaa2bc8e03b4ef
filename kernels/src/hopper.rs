//! The matrix product in bf16 for Hopper, the last rung of its ladder (`hopper/matmul_bf16_sm90a.cu`). Needs a device of compute
//! capability 9.0: the simulator knows neither `wgmma` nor TMA.

use crate::device::Backend;
use crate::rung::has;
use crate::{Bf16, DeviceBuffer, KernelError};

/// The rung of [`matmul_bf16_hopper`], in the place of a fourth one of [`matmul_bf16`](crate::matmul::matmul_bf16).
pub const MATMUL_BF16_HOPPER: &[&str] = &["wgmma and TMA, a producer and two consumers"];

/// c = a b with a `[m, k]` and b `[k, n]` in bf16, c `[m, n]` in f32; n and k must be multiples of 8.
///
/// # Errors
///
/// [`KernelError::NeedsDevice`] anywhere but on a GPU of compute capability 9.0; sizes that do not fit; a graph is being recorded; or
/// what the launch reports.
pub fn matmul_bf16_hopper(
    a: &DeviceBuffer<Bf16>,
    b: &DeviceBuffer<Bf16>,
    c: &mut DeviceBuffer<f32>,
    size @ [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    const NAME: &str = "matmul_bf16_v4";
    has(NAME, "a", a, &[m, k])?;
    has(NAME, "b", b, &[k, n])?;
    has(NAME, "c", c, &[m, n])?;
    if n % 8 != 0 || k % 8 != 0 || k == 0 {
        let message = format!("it takes an n and k that are multiples of 8, not {size:?}");
        return Err(KernelError::Shape { operation: NAME, message });
    }
    let device = a.device();
    match &device.inner.backend {
        Backend::Simulator(_) => {
            Err(KernelError::NeedsDevice(format!("{NAME}: the simulator knows neither wgmma nor TMA")))
        }
        #[cfg(feature = "cuda")]
        Backend::Cuda(cuda) => {
            if c.is_empty() {
                return Ok(());
            }
            [b.device(), c.device()].iter().try_for_each(|other| device.same(other))?;
            device.not_recording(NAME)?;
            let uses = [(&a.store.uses, false), (&b.store.uses, false), (&c.store.uses, true)];
            device.order(&uses, |i| (NAME.to_owned(), ["a", "b", "c"][i].to_owned()))?;
            cuda.matmul_bf16_hopper([&a.store.memory, &b.store.memory, &c.store.memory], size, device.lane())
        }
    }
}
