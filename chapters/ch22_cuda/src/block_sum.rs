//! The sum of a long vector: every block adds up its share in shared memory, then one block adds up the shares.
//!
//! x has n elements; the result has one. Each of the 256 threads of a block first adds many elements on its own (a grid-stride loop),
//! then the block adds the 256 sums as a tree: 8 steps instead of 255 (`torch.sum`).

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

// ANCHOR: kernel
/// The kernel: partial[block] = the sum of what the threads of the block took.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void block_sum(const float* x, float* partial, int n) {
    __shared__ float sums[256];
    int t = threadIdx.x;
    float sum = 0.0f;
    // exercise: share - Add to `sum` the elements of this thread: its own number among all threads, then that plus the
    // number of all threads, and so on below n.
    for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) sum += x[i];
    // exercise: end
    sums[t] = sum;
    // exercise: tree - Add up sums[0] to sums[255] into sums[0]: first 128 threads add the upper half to the lower, then 64, and
    // so on down to one. Nobody may read what another thread has not surely written.
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (t < half) sums[t] += sums[t + half];
        __syncthreads();
    }
    // exercise: end
    if (t == 0) partial[blockIdx.x] = sums[0];
}
"#,
);

/// The sum of all elements of x, as a buffer of one.
///
/// # Errors
///
/// What the compiler or the launches report.
pub fn block_sum(x: &DeviceBuffer<f32>) -> Result<DeviceBuffer<f32>, KernelError> {
    let blocks = x.len().div_ceil(4 * 256).clamp(1, 256);
    let mut partial = x.device().uninit::<f32>(blocks)?;
    let launch = SOURCE.kernel(x.device(), "block_sum")?.grid(blocks).block(256);
    launch.arg(x).arg(&mut partial).arg(x.len()).launch()?;
    let mut sum = x.device().uninit::<f32>(1)?;
    let launch = SOURCE.kernel(x.device(), "block_sum")?.block(256);
    launch.arg(&partial).arg(&mut sum).arg(blocks).launch()?;
    Ok(sum)
}
// ANCHOR_END: kernel
