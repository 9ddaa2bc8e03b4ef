// Matrix product of floats on tensor cores: a [m, k], b [k, n], c [m, n], all in f32. The tensor cores read their inputs as tf32: the exponent
// of a float, and 10 bits of its mantissa instead of 23. The products and sums are those of f32. So the range is that of f32, the
// precision that of half, and the operands still take four bytes each.
#include "mma.cuh"

__device__ __forceinline__ float inside(const float* x, int row, int column, int rows, int columns) {
    return row < rows && column < columns ? x[row * columns + column] : 0.0f;
}

// v1: one warp a tile of 16 x 8 of c, straight from memory. Every lane fetches the six numbers that the instruction wants of it.
extern "C" __global__ void matmul_tf32_v1(const float* a, const float* b, float* c, int m, int n, int k) {
    int g = threadIdx.x / 4, t = threadIdx.x % 4, row0 = blockIdx.y * 16, column0 = blockIdx.x * 8;
    float sum[4] = {};
    for (int i = 0; i < k; i += 8) {
        unsigned left[4], right[2];
        for (int j = 0; j < 4; j++) left[j] = to_tf32(inside(a, row0 + g + j % 2 * 8, i + t + j / 2 * 4, m, k));
        for (int j = 0; j < 2; j++) right[j] = to_tf32(inside(b, i + t + j * 4, column0 + g, k, n));
        mma_tf32(sum, left, right);
    }
    for (int j = 0; j < 4; j++) {
        int row = row0 + g + j / 2 * 8, column = column0 + 2 * t + j % 2;
        if (row < m && column < n) c[row * n + column] = sum[j];
    }
}

// v2: as matmul_bf16_v3, a block 128 x 128 of c, three tiles on their way from global to shared memory. There is no instruction that turns
// matrices of four-byte numbers, so lanes read theirs one by one. Rows are padded so that no two lanes want the same bank: lane (g, t)
// reads word 36 g + t of a tile of a, and 36 g mod 32 = 4 g; word 136 t + g of one of b, and 136 t mod 32 = 8 t. The copies go around
// the registers, so the rounding to tf32 comes when a lane has fetched its number. n and k must be multiples of 4.
constexpr int STAGES = 3, A_ROW = 36, B_ROW = 136, A_TILE = 128 * A_ROW, B_TILE = 32 * B_ROW;

__device__ __forceinline__ void begin_tiles(const float* a, const float* b, float* tile, int row0, int column0, int start, int m,
                                            int n, int k) {
    for (int i = threadIdx.x; i < 128 * 8; i += 256) {
        int row = i / 8, column = i % 8 * 4;
        bool there = row0 + row < m && start + column < k;
        copy_async(tile + row * A_ROW + column, there ? a + (row0 + row) * k + start + column : a, there ? 16 : 0);
    }
    for (int i = threadIdx.x; i < 32 * 32; i += 256) {
        int row = i / 32, column = i % 32 * 4;
        bool there = start + row < k && column0 + column < n;
        copy_async(tile + A_TILE + row * B_ROW + column, there ? b + (start + row) * n + column0 + column : b, there ? 16 : 0);
    }
}

extern "C" __global__ void __launch_bounds__(256) matmul_tf32_v2(const float* a, const float* b, float* c, int m, int n, int k) {
    extern __shared__ __align__(16) float tiles[]; // STAGES (A_TILE + B_TILE)
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, row0 = blockIdx.y * 128, column0 = blockIdx.x * 128;
    int g = lane / 4, t = lane % 4, top = warp / 4 * 64, left = warp % 4 * 32; // the part of this warp
    float sum[4][4][4] = {};
    int rounds = (k + 31) / 32;
    for (int i = 0; i < STAGES - 1; i++) {
        if (i < rounds) begin_tiles(a, b, tiles + i * (A_TILE + B_TILE), row0, column0, i * 32, m, n, k);
        commit_copies();
    }
    for (int round = 0; round < rounds; round++) {
        wait_copies<STAGES - 2>();
        __syncthreads();
        int next = round + STAGES - 1;
        if (next < rounds) begin_tiles(a, b, tiles + next % STAGES * (A_TILE + B_TILE), row0, column0, next * 32, m, n, k);
        commit_copies();
        const float* a_tile = tiles + round % STAGES * (A_TILE + B_TILE);
        const float* b_tile = a_tile + A_TILE;
#pragma unroll
        for (int i = 0; i < 32; i += 8) {
            unsigned from_a[4][4], from_b[4][2];
#pragma unroll
            for (int r = 0; r < 4; r++) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    from_a[r][j] = to_tf32(a_tile[(top + 16 * r + g + j % 2 * 8) * A_ROW + i + t + j / 2 * 4]);
                }
            }
#pragma unroll
            for (int s = 0; s < 4; s++) {
#pragma unroll
                for (int j = 0; j < 2; j++) from_b[s][j] = to_tf32(b_tile[(i + t + j * 4) * B_ROW + left + 8 * s + g]);
            }
#pragma unroll
            for (int r = 0; r < 4; r++) {
#pragma unroll
                for (int s = 0; s < 4; s++) mma_tf32(sum[r][s], from_a[r], from_b[s]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
        for (int s = 0; s < 4; s++) {
            int row = row0 + top + 16 * r + g, column = column0 + left + 8 * s + 2 * t;
            if (column >= n) continue;
            float2 upper = make_float2(sum[r][s][0], sum[r][s][1]), lower = make_float2(sum[r][s][2], sum[r][s][3]);
            if (row < m) *reinterpret_cast<float2*>(c + row * n + column) = upper;
            if (row + 8 < m) *reinterpret_cast<float2*>(c + (row + 8) * n + column) = lower;
        }
    }
}
