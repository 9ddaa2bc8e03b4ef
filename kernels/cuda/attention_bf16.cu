// Flash attention forward on tensor cores (Dao 2023): q, k, v [sets, length, W] in bf16; out [sets, length, W] and lse [sets, length] in f32. What
// it computes, and what `lengths` and `causal` hide, stands in attention.cu.
//
// A block takes 64 queries, a warp 16 of them, and walks over the keys in tiles of 64. Both products, of queries and keys and of probabilities
// and values, are mma.sync. What makes it one kernel is that the sums of the first product lie in the lanes just as the second one wants its
// left factor: a lane rounds its probabilities to bf16 and goes on, without a way through shared memory. A row of scores belongs to
// four neighbouring lanes, so its maximum takes two shuffles, and its sum two more at the very end.
#include <cuda_bf16.h>
#include "mma.cuh"

constexpr int QUERIES = 64, KEYS = 64;

__device__ __forceinline__ int seen(const int* lengths, int set, int t, int length, int causal) {
    int n = lengths ? lengths[set] : length;
    return causal ? min(n, t + 1) : n;
}

// Where chunk c (8 elements) of row r of a tile lies: swizzled, so that eight rows of a chunk lie in different banks.
template <int W> __device__ __forceinline__ int place(int row, int chunk) { return row * W + (chunk ^ (row % 8)) * 8; }

// Begins to copy rows first .. first + KEYS of x [length, W] into a tile, zeros beyond the end.
template <int W> __device__ __forceinline__ void begin_tile(__nv_bfloat16* tile, const __nv_bfloat16* x, int first, int length) {
    for (int i = threadIdx.x; i < KEYS * (W / 8); i += 128) {
        int row = i / (W / 8), chunk = i % (W / 8);
        bool there = first + row < length;
        copy_async(tile + place<W>(row, chunk), there ? x + (first + row) * W + chunk * 8 : x, there ? 16 : 0);
    }
}

// What a lane holds of its warp's 16 queries. With g = lane / 4 and t = lane % 4 its rows are g and g + 8.
template <int W> struct Rows {
    unsigned q[W / 16][4];
    float out[W / 8][4];
    float m[2], s[2]; // the maximum of a row so far, and this lane's part of its sum of exponentials
    int n[2];         // the keys that a row sees
};

template <int W>
__device__ __forceinline__ void begin_rows(Rows<W>& r, const __nv_bfloat16* q, const int* lengths, int set, int first, int length,
                                           int causal) {
    int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (int i = 0; i < 2; i++) {
        int row = first + g + 8 * i;
        r.n[i] = row < length ? seen(lengths, set, row, length, causal) : 0;
        r.m[i] = -INFINITY;
        r.s[i] = 0.0f;
    }
#pragma unroll
    for (int c = 0; c < W / 16; c++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int row = first + g + i % 2 * 8;
            const unsigned* pair = reinterpret_cast<const unsigned*>(q + row * W + 16 * c + 2 * t + i / 2 * 8);
            r.q[c][i] = row < length ? pair[0] : 0;
        }
    }
#pragma unroll
    for (int c = 0; c < W / 8; c++) {
        for (int i = 0; i < 4; i++) r.out[c][i] = 0.0f;
    }
}

// exp, or 2 to the power of x, where the scale holds the factor log2 e.
template <bool TWO> __device__ __forceinline__ float power(float x) { return TWO ? exp2f(x) : expf(x); }

// One tile of keys, whose first one is `first`. `whole` says that all rows of the block see all of its keys.
template <int W, bool TWO>
__device__ __forceinline__ void step(Rows<W>& r, const __nv_bfloat16* k_tile, const __nv_bfloat16* v_tile, float scale, int first,
                                     bool whole) {
    int lane = threadIdx.x % 32, t = lane % 4;
    float score[KEYS / 8][4] = {};
#pragma unroll
    for (int c = 0; c < W / 16; c++) {
#pragma unroll
        for (int j = 0; j < KEYS / 16; j++) {
            unsigned keys[4]; // a key is a column of the right factor: its elements lie side by side, as mma_bf16 wants them
            load_matrices(keys, k_tile + place<W>(16 * j + lane / 16 * 8 + lane % 8, 2 * c + lane / 8 % 2));
            mma_bf16(score[2 * j], r.q[c], &keys[0]);
            mma_bf16(score[2 * j + 1], r.q[c], &keys[2]);
        }
    }
    float high[2] = {r.m[0], r.m[1]};
#pragma unroll
    for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            score[j][i] *= scale;
            if (!whole && first + 8 * j + 2 * t + i % 2 >= r.n[i / 2]) score[j][i] = -INFINITY;
            high[i / 2] = fmaxf(high[i / 2], score[j][i]);
        }
    }
    float shift[2], shrink[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
        high[i] = fmaxf(high[i], __shfl_xor_sync(0xffffffff, high[i], 1));
        high[i] = fmaxf(high[i], __shfl_xor_sync(0xffffffff, high[i], 2));
        shift[i] = high[i] == -INFINITY ? 0.0f : high[i]; // a row that has seen no key yet
        shrink[i] = power<TWO>(r.m[i] - shift[i]);
        r.m[i] = high[i];
        r.s[i] *= shrink[i];
    }
#pragma unroll
    for (int c = 0; c < W / 8; c++) {
#pragma unroll
        for (int i = 0; i < 4; i++) r.out[c][i] *= shrink[i / 2];
    }
#pragma unroll
    for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            score[j][i] = power<TWO>(score[j][i] - shift[i / 2]);
            r.s[i / 2] += score[j][i];
        }
    }
#pragma unroll
    for (int j = 0; j < KEYS / 16; j++) {
        // Sums 2 j and 2 j + 1 lie as the left factor of 16 keys: (g, 2t), (g + 8, 2t), and the same 8 keys further on.
        unsigned p[4] = {pack_floats(score[2 * j][0], score[2 * j][1]), pack_floats(score[2 * j][2], score[2 * j][3]),
                         pack_floats(score[2 * j + 1][0], score[2 * j + 1][1]),
                         pack_floats(score[2 * j + 1][2], score[2 * j + 1][3])};
#pragma unroll
        for (int c = 0; c < W / 16; c++) {
            unsigned values[4];
            load_matrices_transposed(values, v_tile + place<W>(16 * j + lane % 16, 2 * c + lane / 16));
            mma_bf16(r.out[2 * c], p, &values[0]);
            mma_bf16(r.out[2 * c + 1], p, &values[2]);
        }
    }
}

template <int W, bool TWO>
__device__ __forceinline__ void end_rows(Rows<W>& r, float* out, float* lse, int first, int length) {
    int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (int i = 0; i < 2; i++) {
        r.s[i] += __shfl_xor_sync(0xffffffff, r.s[i], 1);
        r.s[i] += __shfl_xor_sync(0xffffffff, r.s[i], 2);
        int row = first + g + 8 * i;
        if (row >= length) continue;
        float by = r.n[i] > 0 ? 1.0f / r.s[i] : 0.0f;
#pragma unroll
        for (int c = 0; c < W / 8; c++) {
            float2 pair = make_float2(by * r.out[c][2 * i], by * r.out[c][2 * i + 1]);
            *reinterpret_cast<float2*>(out + row * W + 8 * c + 2 * t) = pair;
        }
        if (t == 0) lse[row] = TWO ? (r.m[i] + log2f(r.s[i])) * 0.693147181f : r.m[i] + logf(r.s[i]);
    }
}

// v1: a tile of keys and one of values in shared memory; the block waits until both are there.
template <int W>
__device__ void waiting(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v, const int* lengths, float* out,
                        float* lse, int length, float scale, int causal) {
    __shared__ __align__(128) __nv_bfloat16 k_tile[KEYS * W];
    __shared__ __align__(128) __nv_bfloat16 v_tile[KEYS * W];
    int set = blockIdx.y, base = set * length * W, start = blockIdx.x * QUERIES;
    int last = min(start + QUERIES, length) - 1, end = seen(lengths, set, last, length, causal);
    Rows<W> r;
    begin_rows(r, q + base, lengths, set, start + threadIdx.x / 32 * 16, length, causal);
    for (int first = 0; first < end; first += KEYS) {
        begin_tile<W>(k_tile, k + base, first, length);
        begin_tile<W>(v_tile, v + base, first, length);
        commit_copies();
        wait_copies<0>();
        __syncthreads();
        step<W, false>(r, k_tile, v_tile, scale, first, false);
        __syncthreads();
    }
    end_rows<W, false>(r, out + base, lse + set * length, start + threadIdx.x / 32 * 16, length);
}

// v2: the next tiles are on their way while these are used, in two pairs of buffers; one barrier a tile is enough, as in matmul_bf16.cu.
// Exponentials are powers of 2, of scores that were scaled by log2 e too, since that is what the hardware has. Tiles that all queries
// see in full are not masked. With `causal` the last blocks have the most keys: they start first, so that they do not end alone.
template <int W>
__device__ void ahead(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v, const int* lengths, float* out,
                      float* lse, int length, float scale, int causal) {
    extern __shared__ __align__(128) __nv_bfloat16 tiles[]; // 2 pairs of KEYS W
    int set = blockIdx.y, base = set * length * W, start = (gridDim.x - 1 - blockIdx.x) * QUERIES;
    int last = min(start + QUERIES, length) - 1, end = seen(lengths, set, last, length, causal);
    int all = seen(lengths, set, start, length, causal); // the keys that the first query sees, and so everybody
    Rows<W> r;
    begin_rows(r, q + base, lengths, set, start + threadIdx.x / 32 * 16, length, causal);
    if (end > 0) {
        begin_tile<W>(tiles, k + base, 0, length);
        begin_tile<W>(tiles + KEYS * W, v + base, 0, length);
    }
    commit_copies();
    for (int first = 0, buffer = 0; first < end; first += KEYS, buffer ^= 1) {
        wait_copies<0>();
        __syncthreads();
        if (first + KEYS < end) {
            __nv_bfloat16* next = tiles + (buffer ^ 1) * 2 * KEYS * W;
            begin_tile<W>(next, k + base, first + KEYS, length);
            begin_tile<W>(next + KEYS * W, v + base, first + KEYS, length);
        }
        commit_copies();
        const __nv_bfloat16* k_tile = tiles + buffer * 2 * KEYS * W;
        step<W, true>(r, k_tile, k_tile + KEYS * W, scale * 1.44269504f, first, first + KEYS <= all);
    }
    end_rows<W, true>(r, out + base, lse + set * length, start + threadIdx.x / 32 * 16, length);
}

// One kernel per width, so that the compiler keeps the rows in registers.
#define ATTENTION_BF16(W)                                                                                                           \
    extern "C" __global__ void __launch_bounds__(128)                                                                               \
        attention_bf16_v1_##W(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v, const int* lengths,           \
                              float* out, float* lse, int length, float scale, int causal) {                                        \
        waiting<W>(q, k, v, lengths, out, lse, length, scale, causal);                                                              \
    }                                                                                                                               \
    extern "C" __global__ void __launch_bounds__(128)                                                                               \
        attention_bf16_v2_##W(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v, const int* lengths,           \
                              float* out, float* lse, int length, float scale, int causal) {                                        \
        ahead<W>(q, k, v, lengths, out, lse, length, scale, causal);                                                                \
    }
ATTENTION_BF16(64)
ATTENTION_BF16(128)
