//! Softmax of rows in one pass, one warp a row.
//!
//! x and y are `[rows, columns]` (`torch.softmax(x, dim=1)`): y = exp(x - m) / s with m the maximum of the row and
//! s = sum exp(x - m). Both are found together ("online"): whenever the maximum grows from m to m', the sum so far is
//! multiplied by exp(m - m'). Two pairs (m, s) of different parts of a row are joined by the same rule
//! (Milakov and Gimelshein 2018).

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

// ANCHOR: kernel
/// The kernel; a block has eight warps and so takes eight rows.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void row_softmax(const float* x, float* y, int rows, int columns) {
    int lane = threadIdx.x % 32, row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= rows) return;
    float m = -1e30f, s = 0.0f; // so far: the maximum, and the sum of exp(x - m)
    for (int i = lane; i < columns; i += 32) {
        float v = x[row * columns + i];
        // exercise: online - Take v in: m becomes the larger of m and v, s the sum of exp(x - m) with the new m.
        float larger = fmaxf(m, v);
        s = s * expf(m - larger) + expf(v - larger);
        m = larger;
        // exercise: end
    }
    for (int d = 16; d > 0; d /= 2) {
        float other_m = __shfl_xor_sync(0xffffffff, m, d), other_s = __shfl_xor_sync(0xffffffff, s, d);
        // exercise: join - Join (m, s) with (other_m, other_s).
        float larger = fmaxf(m, other_m);
        s = s * expf(m - larger) + other_s * expf(other_m - larger);
        m = larger;
        // exercise: end
    }
    for (int i = lane; i < columns; i += 32) y[row * columns + i] = expf(x[row * columns + i] - m) / s;
}
"#,
);

/// y = the softmax of each row of x, both `[rows, columns]`.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn row_softmax(
    x: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    let launch = SOURCE.kernel(x.device(), "row_softmax")?.grid(rows.div_ceil(8)).block(256);
    launch.arg(x).arg(y).arg(rows).arg(columns).launch()
}
// ANCHOR_END: kernel
