//! Transposing through shared memory: both the reading and the writing side go along rows.
//!
//! x is `[rows, columns]`, y is `[columns, rows]` (`x.t().contiguous()`). A warp that reads along a row of x would write down a column of y,
//! one sector of 32 bytes for each float. So a block carries a tile of 32 x 32 through shared memory: it is written row by row and
//! read column by column there, where columns cost nothing, if no two lanes want the same bank.

use ch22_cuda::CudaSource;
use kernels::{DeviceBuffer, KernelError};

/// The kernel; a block of 32 x 8 threads moves a tile of 32 x 32.
pub const SOURCE: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void tile_transpose(const float* x, float* y, int rows, int columns) {
    // Yours: Declare the tile in shared memory. Word w of shared memory lies in bank w % 32; a warp will read a
    // column of the tile, and its 32 words must lie in 32 banks.
    todo!();
    int tx = threadIdx.x, ty = threadIdx.y, column0 = blockIdx.x * 32, row0 = blockIdx.y * 32;
    for (int i = ty; i < 32; i += 8) {
        if (row0 + i < rows && column0 + tx < columns) tile[i][tx] = x[(row0 + i) * columns + column0 + tx];
    }
    // Yours: Write the tile to y: its row i (for i from ty in steps of 8) begins at row column0 + i and column row0 of y, a
    // matrix with `rows` columns. Neighbouring threads (tx) write neighbouring elements.
    todo!()
}
"#,
);

/// y = the transpose of x: x `[rows, columns]`, y `[columns, rows]`.
///
/// # Errors
///
/// What the compiler or the launch reports.
pub fn transpose(
    x: &DeviceBuffer<f32>,
    y: &mut DeviceBuffer<f32>,
    [rows, columns]: [usize; 2],
) -> Result<(), KernelError> {
    let launch = SOURCE.kernel(x.device(), "tile_transpose")?;
    let launch = launch.grid((columns.div_ceil(32), rows.div_ceil(32))).block((32, 8));
    launch.arg(x).arg(y).arg(rows).arg(columns).launch()
}
