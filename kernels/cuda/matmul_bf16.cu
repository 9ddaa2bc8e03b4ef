// Matrix product on tensor cores: a [m, k] and b [k, n] in bf16, c [m, n] in f32. A warp multiplies two matrices of 16 x 16 with one
// instruction; `wmma` is CUDA's interface to it. The products are exact in f32, and so are the sums up to the rounding of f32:
// all that is lost is lost when the inputs are rounded to bf16.
#include <cuda_bf16.h>
#include <mma.h>
#include "mma.cuh"
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

// v3: the instructions themselves. Three things change.
//
// Copies run beside the computing: while a tile is multiplied, the next two are on their way from global to shared memory, without a detour
// through registers (cp.async, three buffers). One barrier a round is enough: behind it everybody has the tile of this round, and nobody
// still reads that of the last one, whose buffer is filled again.
//
// Rows are not padded but swizzled: pieces of 16 bytes change places within a row, chunk c of row r goes to c ^ f(r). The eight rows that
// ldmatrix reads at once then lie in different banks, no memory is lost, and every piece stays aligned.
//
// A warp keeps 64 x 32 sums in registers, as 4 x 4 pieces of 16 x 8: for 16 steps along k it loads 4 + 2 times four matrices and
// multiplies 16 times. k and n must be multiples of 8, so that pieces of 16 bytes are aligned.
constexpr int STAGES = 3;

// Where chunk c (8 elements) of row r lies: a tile of a has 4 chunks a row, two rows in all banks; one of b has 16.
__device__ __forceinline__ int place_a(int row, int chunk) { return row * 32 + (chunk ^ (row / 2 % 4)) * 8; }
__device__ __forceinline__ int place_b(int row, int chunk) { return row * 128 + (chunk ^ (row % 8)) * 8; }

// Begins to copy a tile of a, 128 x 32, and one of b, 32 x 128; beyond the edge come zeros.
__device__ __forceinline__ void begin_tiles(const __nv_bfloat16* a, const __nv_bfloat16* b, __nv_bfloat16* a_tile,
                                            __nv_bfloat16* b_tile, int row0, int column0, int start, int m, int n, int k) {
    for (int i = threadIdx.x; i < 128 * 4; i += 256) {
        int row = i / 4, chunk = i % 4;
        bool there = row0 + row < m && start + chunk * 8 < k;
        copy_async(a_tile + place_a(row, chunk), there ? a + (row0 + row) * k + start + chunk * 8 : a, there ? 16 : 0);
    }
    for (int i = threadIdx.x; i < 32 * 16; i += 256) {
        int row = i / 16, chunk = i % 16;
        bool there = start + row < k && column0 + chunk * 8 < n;
        copy_async(b_tile + place_b(row, chunk), there ? b + (start + row) * n + column0 + chunk * 8 : b, there ? 16 : 0);
    }
}

extern "C" __global__ void __launch_bounds__(256) matmul_bf16_v3(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c,
                                                                 int m, int n, int k) {
    __shared__ __align__(128) __nv_bfloat16 a_tile[STAGES][128 * 32];
    __shared__ __align__(128) __nv_bfloat16 b_tile[STAGES][32 * 128];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, row0 = blockIdx.y * 128, column0 = blockIdx.x * 128;
    int top = warp / 4 * 64, left = warp % 4 * 32; // the part of this warp
    float sum[4][4][4] = {};
    int rounds = (k + 31) / 32;
    for (int i = 0; i < STAGES - 1; i++) {
        if (i < rounds) begin_tiles(a, b, a_tile[i], b_tile[i], row0, column0, i * 32, m, n, k);
        commit_copies();
    }
    for (int round = 0; round < rounds; round++) {
        wait_copies<STAGES - 2>();
        __syncthreads();
        int next = round + STAGES - 1, buffer = round % STAGES;
        if (next < rounds) begin_tiles(a, b, a_tile[next % STAGES], b_tile[next % STAGES], row0, column0, next * 32, m, n, k);
        commit_copies();
#pragma unroll
        for (int i = 0; i < 32; i += 16) {
            unsigned from_a[4][4], from_b[2][4];
#pragma unroll
            for (int r = 0; r < 4; r++) {
                load_matrices(from_a[r], &a_tile[buffer][place_a(top + 16 * r + lane % 16, i / 8 + lane / 16)]);
            }
#pragma unroll
            for (int s = 0; s < 2; s++) {
                load_matrices_transposed(from_b[s], &b_tile[buffer][place_b(i + lane % 16, left / 8 + 2 * s + lane / 16)]);
            }
#pragma unroll
            for (int r = 0; r < 4; r++) {
#pragma unroll
                for (int s = 0; s < 4; s++) mma_bf16(sum[r][s], from_a[r], &from_b[s / 2][s % 2 * 2]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
        for (int s = 0; s < 4; s++) {
            int row = row0 + top + 16 * r + lane / 4, column = column0 + left + 8 * s + lane % 4 * 2;
            if (column >= n) continue;
            float2 upper = make_float2(sum[r][s][0], sum[r][s][1]), lower = make_float2(sum[r][s][2], sum[r][s][3]);
            if (row < m) *reinterpret_cast<float2*>(c + row * n + column) = upper;
            if (row + 8 < m) *reinterpret_cast<float2*>(c + (row + 8) * n + column) = lower;
        }
    }
}
