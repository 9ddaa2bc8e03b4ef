//! The matrix product in tiles: c = a b, with the numbers that a block uses many times kept in shared memory.
//!
//! a is `[m, k]`, b is `[k, n]`, c is `[m, n]` (`torch.matmul`). A block of 16 x 16 threads computes a tile of 16 x 16 of c. It
//! walks along a row of tiles of a and down a column of tiles of b; each thread loads one number of either, and uses 16 of either.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

// ANCHOR: kernel
/// The kernel.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void tiled_matmul(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float a_tile[16][16], b_tile[16][16];
    int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * 16 + y, column = blockIdx.x * 16 + x;
    float sum = 0.0f;
    for (int start = 0; start < k; start += 16) {
        // exercise: load - Load a[row][start + x] and b[start + y][column] into the tiles at [y][x]; 0 beyond the edge of a or b.
        a_tile[y][x] = row < m && start + x < k ? a[row * k + start + x] : 0.0f;
        b_tile[y][x] = start + y < k && column < n ? b[(start + y) * n + column] : 0.0f;
        // exercise: end
        // exercise: multiply - Add to `sum` row y of a_tile times column x of b_tile. Other threads wrote the tiles, and will
        // write them again in the next round.
        __syncthreads();
        for (int i = 0; i < 16; i++) sum += a_tile[y][i] * b_tile[i][x];
        __syncthreads();
        // exercise: end
    }
    if (row < m && column < n) c[row * n + column] = sum;
}
"#,
);

/// c = a b with a `[m, k]`, b `[k, n]`, c `[m, n]`.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn tiled_matmul(
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    [m, n, k]: [usize; 3],
) -> Result<(), KernelError> {
    let launch = SOURCE.kernel(a.device(), "tiled_matmul")?;
    let launch = launch.grid((n.div_ceil(16), m.div_ceil(16))).block((16, 16));
    launch.arg(a).arg(b).arg(c).arg(m).arg(n).arg(k).launch()
}
// ANCHOR_END: kernel
