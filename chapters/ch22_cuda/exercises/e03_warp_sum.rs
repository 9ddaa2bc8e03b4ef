//! Sums of rows, one warp a row: the lanes hand each other their sums by shuffles, without shared memory and barriers.
//!
//! x is `[rows, columns]`, y is `[rows]` (`torch.sum(x, dim=1)`). `__shfl_xor_sync(mask, v, d)` gives to lane l the v of lane l ^ d;
//! five of them (16, 8, 4, 2, 1) leave in every lane the sum of all 32.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

/// The kernel; a block has eight warps and so takes eight rows.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void warp_sum(const float* x, float* y, int rows, int columns) {
    int lane = threadIdx.x % 32, row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= rows) return;
    float sum = 0.0f;
    // Yours: Add to `sum` the elements lane, lane + 32, lane + 64, ... of this row.
    todo!();
    // Yours: Leave in every lane the sum of all 32, by five shuffles. The mask of all lanes is 0xffffffff.
    todo!();
    // Yours: One lane writes the result.
    todo!()
}
"#,
);

/// `y[row]` is the sum of the row: x `[rows, columns]`, y `[rows]`.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn warp_sum(
    x: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    let launch = SOURCE.kernel(x.device(), "warp_sum")?.grid(rows.div_ceil(8)).block(256);
    launch.arg(x).arg(y).arg(rows).arg(columns).launch()
}
