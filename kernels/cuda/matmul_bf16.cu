// Matrix product on tensor cores: a [m, k] and b [k, n] in bf16, c [m, n] in f32. A warp multiplies two matrices of 16 x 16 with one
// instruction; `wmma` is CUDA's interface to it. The products are exact in f32, and so are the sums up to the rounding of f32:
// all that is lost is lost when the inputs are rounded to bf16.
#include <cuda_bf16.h>
#include <mma.h>
using namespace nvcuda;

// v1: one warp a tile of 16 x 16 of c, fragments straight from memory. m, n and k must be multiples of 16: a fragment has no edge.
extern "C" __global__ void matmul_bf16_v1(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int m, int n, int k) {
    int row = blockIdx.y * 16, column = blockIdx.x * 16;
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, wmma::row_major> left;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::row_major> right;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
    wmma::fill_fragment(sum, 0.0f);
    for (int i = 0; i < k; i += 16) {
        wmma::load_matrix_sync(left, a + row * k + i, k);
        wmma::load_matrix_sync(right, b + i * n + column, n);
        wmma::mma_sync(sum, left, right, sum);
    }
    wmma::store_matrix_sync(c + row * n + column, sum, n, wmma::mem_row_major);
}

// v2: tiles in shared memory, and any size. A block of four warps makes 64 x 64 of c, a warp 32 x 32 of it in 2 x 2 fragments, so
// that each fragment it loads is used twice. What lies beyond the edge is loaded as 0; the result goes through shared
// memory, because a fragment cannot be stored in part. Rows of 40 and 72 elements (80 and 144 bytes) begin in different banks.
extern "C" __global__ void __launch_bounds__(128) matmul_bf16_v2(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c,
                                                                 int m, int n, int k) {
    __shared__ __align__(32) __nv_bfloat16 a_tile[64][40];
    __shared__ __align__(32) __nv_bfloat16 b_tile[32][72];
    __shared__ __align__(32) float c_tile[64][68];
    int t = threadIdx.x, warp = t / 32, row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
    int top = warp / 2 * 32, left0 = warp % 2 * 32; // the part of this warp
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, wmma::row_major> left[2];
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, wmma::row_major> right;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum[2][2];
    for (int i = 0; i < 4; i++) wmma::fill_fragment(sum[i / 2][i % 2], 0.0f);
    const __nv_bfloat16 zero = __float2bfloat16(0.0f);
    for (int start = 0; start < k; start += 32) {
        for (int i = t; i < 64 * 32; i += 128) {
            int row = row0 + i / 32, column = start + i % 32;
            a_tile[i / 32][i % 32] = row < m && column < k ? a[row * k + column] : zero;
        }
        for (int i = t; i < 32 * 64; i += 128) {
            int row = start + i / 64, column = column0 + i % 64;
            b_tile[i / 64][i % 64] = row < k && column < n ? b[row * n + column] : zero;
        }
        __syncthreads();
        for (int i = 0; i < 32; i += 16) {
            for (int r = 0; r < 2; r++) wmma::load_matrix_sync(left[r], &a_tile[top + 16 * r][i], 40);
            for (int s = 0; s < 2; s++) {
                wmma::load_matrix_sync(right, &b_tile[i][left0 + 16 * s], 72);
                for (int r = 0; r < 2; r++) wmma::mma_sync(sum[r][s], left[r], right, sum[r][s]);
            }
        }
        __syncthreads();
    }
    for (int i = 0; i < 4; i++) {
        wmma::store_matrix_sync(&c_tile[top + i / 2 * 16][left0 + i % 2 * 16], sum[i / 2][i % 2], 68, wmma::mem_row_major);
    }
    __syncthreads();
    for (int i = t; i < 64 * 64; i += 128) {
        int row = row0 + i / 64, column = column0 + i % 64;
        if (row < m && column < n) c[row * n + column] = c_tile[i / 64][i % 64];
    }
}
