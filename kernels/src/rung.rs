//! What the launch code of every family checks before it launches.

use crate::{DeviceBuffer, Element, KernelError, Launch};

fn broken<T>(operation: &'static str, message: String) -> Result<T, KernelError> {
    Err(KernelError::Shape { operation, message })
}

/// The kernel of this version: versions count from 1, as the ladder lists them.
pub(crate) fn kernel(
    operation: &'static str,
    version: usize,
    ladder: &[&str],
) -> Result<String, KernelError> {
    if version == 0 || version > ladder.len() {
        return broken(operation, format!("there are versions 1 to {}, not {version}", ladder.len()));
    }
    Ok(format!("{operation}_v{version}"))
}

/// That a buffer has as many elements as its shape says, and no more than an `int` counts.
pub(crate) fn has<T: Element>(
    operation: &'static str,
    name: &str,
    buffer: &DeviceBuffer<T>,
    shape: &[usize],
) -> Result<(), KernelError> {
    let want =
        shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n)).filter(|&n| n <= i32::MAX as usize);
    match want {
        Some(want) if want == buffer.len() => Ok(()),
        Some(want) => broken(
            operation,
            format!("{name} of shape {shape:?} needs {want} elements, the buffer has {}", buffer.len()),
        ),
        None => broken(operation, format!("{name} of shape {shape:?} has more than 2147483647 elements")),
    }
}

/// Blocks of 256 threads for a grid-stride loop over n items: enough to fill a large GPU several times over, and no more.
pub(crate) fn grid_stride(launch: Launch<'_>, n: usize) -> Launch<'_> {
    launch.grid(n.div_ceil(256).clamp(1, 1024)).block(256)
}
