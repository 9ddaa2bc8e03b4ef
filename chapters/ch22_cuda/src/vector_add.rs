//! Vector addition: y = a + b, one thread an element.
//!
//! a, b and y have n elements (`torch.add`). The host chooses blocks of 256 threads and as many of them as cover n; the kernel
//! must not trust that n is a multiple of 256.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

// ANCHOR: kernel
/// The kernel.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void vector_add(const float* a, const float* b, float* y, int n) {
    // exercise: kernel - One thread computes one element, y[i] = a[i] + b[i]. The number i of a thread among the threads of all
    // blocks comes from blockIdx.x, blockDim.x and threadIdx.x. The last block has threads to spare.
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a[i] + b[i];
    // exercise: end
}
"#,
);

/// y = a + b, all of the same length.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn vector_add(
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
) -> Result<(), KernelError> {
    let n = y.len();
    let blocks: usize = {
        // exercise: blocks - The number of blocks of 256 threads that n elements need.
        n.div_ceil(256)
        // exercise: end
    };
    let launch = SOURCE.kernel(a.device(), "vector_add")?.grid(blocks).block(256);
    launch.arg(a).arg(b).arg(y).arg(n).launch()
}
// ANCHOR_END: kernel
