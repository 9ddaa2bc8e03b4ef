//! The backward pass of bias and ReLU fused: the gradient of the input, and of the bias by atomics.
//!
//! For y = relu(x + bias), all `[rows, columns]` but bias `[columns]`: dx = dy where y > 0, else 0; dbias is the sum of dx over
//! the rows. A block takes 32 columns and a share of the rows; its eight lines of threads add up in shared memory, and the
//! blocks add up in dbias, which begins at 0, by atomic additions.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

/// The kernel, for blocks of 32 x 8 threads.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void bias_gradient(const float* dy, const float* y, float* dx, float* dbias, int rows, int columns) {
    __shared__ float sums[8][32];
    int column = blockIdx.x * 32 + threadIdx.x;
    float sum = 0.0f;
    for (int row = blockIdx.y * 8 + threadIdx.y; row < rows && column < columns; row += gridDim.y * 8) {
        int i = row * columns + column;
        // Yours: Write dx[i], and add it to `sum`.
        todo!()
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    // Yours: The first line of threads (threadIdx.y == 0) adds up the eight sums of its column, and adds the result to
    // dbias[column], to which other blocks add too.
    todo!()
}
"#,
);

/// dx `[rows, columns]` and dbias `[columns]` from dy and y `[rows, columns]`; both are overwritten.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn bias_gradient(
    [dy, y]: [&DeviceBuffer<f32>; 2],
    dx: &mut DeviceBuffer<f32>,
    dbias: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    dbias.fill_zero()?;
    let launch = SOURCE.kernel(dy.device(), "bias_gradient")?;
    let launch = launch.grid((columns.div_ceil(32), rows.div_ceil(32).clamp(1, 64))).block((32, 8));
    launch.arg(dy).arg(y).arg(dx).arg(dbias).arg(rows).arg(columns).launch()
}
