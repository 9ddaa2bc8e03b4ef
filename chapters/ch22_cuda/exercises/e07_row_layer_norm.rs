//! Layer norm of rows, one warp a row: y = (x - mean) / sqrt(variance + eps) weight + bias.
//!
//! x and y are `[rows, columns]`, weight and bias `[columns]` (`torch.nn.functional.layer_norm`). The variance divides by the number of
//! columns. It is found from the distances to the mean, which must therefore be known first: the difference of two large
//! numbers, mean of squares minus square of the mean, would lose it.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

/// The kernel; a block has eight warps and so takes eight rows. `row_total` leaves the sum over the warp in every lane.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
__device__ __forceinline__ float row_total(float v) {
    for (int d = 16; d > 0; d /= 2) v += __shfl_xor_sync(0xffffffff, v, d);
    return v;
}

extern "C" __global__ void row_layer_norm(const float* x, const float* weight, const float* bias, float* y, int rows,
                                          int columns, float eps) {
    int lane = threadIdx.x % 32, row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= rows) return;
    // Yours: Find the mean of the row, then the variance, then `scale`, by which x - mean is multiplied. The elements
    // of this row begin at row * columns; a lane takes every 32nd, and row_total adds up the lanes.
    todo!();
    for (int i = lane; i < columns; i += 32) {
        int at = row * columns + i;
        // Yours: Write y[at].
        todo!()
    }
}
"#,
);

/// y = the layer norm of each row of x: x and y `[rows, columns]`, weight and bias `[columns]`.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn row_layer_norm(
    x: &DeviceBuffer<f32>,
    [weight, bias]: [&DeviceBuffer<f32>; 2],
    y: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
    eps: f32,
) -> Result<(), KernelError> {
    let launch = SOURCE.kernel(x.device(), "row_layer_norm")?.grid(rows.div_ceil(8)).block(256);
    launch.arg(x).arg(weight).arg(bias).arg(y).arg(rows).arg(columns).arg(eps).launch()
}
