// Attention: q, k, v, out [sets, length, width], a set being one head of one sequence; scale is usually 1 / sqrt(width):
//
//     out[t] = sum over s of p[t][s] v[s],  p[t] = softmax over s of scale q[t] . k[s]
//
// Query t sees the keys below `seen`: lengths[set] of them (padding hides the rest; no lengths, all), and with `causal` at most
// t + 1. A query that sees no key gets 0. `lse` [sets, length] keeps log sum exp of a row of scores: with it, backward
// computes any p[t][s] again as exp(score - lse[t]), so the square of probabilities is never stored.

#include "warp.cuh"

__device__ __forceinline__ int seen(const int* lengths, int set, int t, int length, int causal) {
    int n = lengths ? lengths[set] : length;
    return causal ? min(n, t + 1) : n;
}

// v1, plain: one block a query. The scores of its row lie in dynamic shared memory (`length` floats), and each key and value is
// read from memory once per query.
extern "C" __global__ void attention_v1(const float* q, const float* k, const float* v, const int* lengths, float* out,
                                        float* lse, int length, int width, float scale, int causal) {
    extern __shared__ float scores[];
    __shared__ float scratch[32];
    int set = blockIdx.y, t = blockIdx.x;
    int n = seen(lengths, set, t, length, causal), base = set * length * width, from = base + t * width;
    float m = -INFINITY, s = 0.0f;
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        float dot = 0.0f;
        for (int c = 0; c < width; c++) dot += q[from + c] * k[base + j * width + c];
        scores[j] = scale * dot;
        m = fmaxf(m, scores[j]);
    }
    m = block_max(m, scratch);
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        scores[j] = expf(scores[j] - m);
        s += scores[j];
    }
    s = block_sum(s, scratch); // its barriers also let every thread see all scores
    for (int c = threadIdx.x; c < width; c += blockDim.x) {
        float sum = 0.0f;
        for (int j = 0; j < n; j++) sum += scores[j] * v[base + j * width + c];
        out[from + c] = n > 0 ? sum / s : 0.0f;
    }
    if (threadIdx.x == 0) lse[set * length + t] = m + logf(s);
}

// v2, flash (Dao et al. 2022): the block takes ROWS queries, one a thread, and walks over the keys in tiles that all of its
// threads share. A query keeps its maximum, sum and weighted sum of values in registers and corrects them when a tile brings a
// greater maximum (as the online softmax in softmax.cu): no row of scores is ever complete anywhere. Keys and values are read
// ROWS times less often.
constexpr int ROWS = 32; // queries of a block and keys of a tile

// Rows first .. first + ROWS of x [length, W] into a tile of the same shape, zeros beyond the end.
template <int W> __device__ __forceinline__ void load_tile(float* tile, const float* x, int first, int length) {
    for (int i = threadIdx.x; i < ROWS * W; i += blockDim.x) tile[i] = first + i / W < length ? x[first * W + i] : 0.0f;
}

template <int W>
__device__ void flash(const float* q, const float* k, const float* v, const int* lengths, float* out, float* lse, int length,
                      float scale, int causal) {
    __shared__ float k_tile[ROWS][W], v_tile[ROWS][W];
    int set = blockIdx.y, t = blockIdx.x * ROWS + threadIdx.x, base = set * length * W;
    int n = t < length ? seen(lengths, set, t, length, causal) : 0;
    // The tiles that the last query of the block needs; all threads walk over them, for the barriers.
    int last = min((int)(blockIdx.x + 1) * ROWS, length) - 1, end = seen(lengths, set, last, length, causal);
    float query[W], sum[W];
    for (int c = 0; c < W; c++) {
        query[c] = t < length ? q[base + t * W + c] : 0.0f;
        sum[c] = 0.0f;
    }
    float m = -INFINITY, s = 0.0f;
    for (int first = 0; first < end; first += ROWS) {
        load_tile<W>(&k_tile[0][0], k + base, first, length);
        load_tile<W>(&v_tile[0][0], v + base, first, length);
        __syncthreads();
        for (int j = 0; j < ROWS && first + j < n; j++) {
            float dot = 0.0f;
            for (int c = 0; c < W; c++) dot += query[c] * k_tile[j][c];
            dot *= scale;
            if (dot > m) {
                float shrink = expf(m - dot);
                for (int c = 0; c < W; c++) sum[c] *= shrink;
                s *= shrink;
                m = dot;
            }
            float p = expf(dot - m);
            for (int c = 0; c < W; c++) sum[c] += p * v_tile[j][c];
            s += p;
        }
        __syncthreads();
    }
    if (t >= length) return;
    for (int c = 0; c < W; c++) out[base + t * W + c] = n > 0 ? sum[c] / s : 0.0f;
    lse[set * length + t] = m + logf(s);
}

// Backward. With dp[t][s] = dout[t] . v[s] and delta[t] = dout[t] . out[t], the gradient to a score is
// ds[t][s] = p[t][s] (dp[t][s] - delta[t]), and
//
//     dq[t] = scale sum over s of ds[t][s] k[s],  dk[s] = scale sum over t of ds[t][s] q[t],  dv[s] = sum over t of p[t][s] dout[t]
//
// delta, v1: one warp a row.
extern "C" __global__ void attention_delta_v1(const float* dout, const float* out, float* delta, int rows, int width) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    float sum = 0.0f;
    for (int c = lane; c < width; c += 32) sum += dout[row * width + c] * out[row * width + c];
    sum = warp_sum(sum);
    if (lane == 0) delta[row] = sum;
}

// dq, flash: one thread a query, walking over tiles of keys and values, as forward.
template <int W>
__device__ void flash_query(const float* q, const float* k, const float* v, const int* lengths, const float* dout,
                            const float* lse, const float* delta, float* dq, int length, float scale, int causal) {
    __shared__ float k_tile[ROWS][W], v_tile[ROWS][W];
    int set = blockIdx.y, t = blockIdx.x * ROWS + threadIdx.x, base = set * length * W;
    int n = t < length ? seen(lengths, set, t, length, causal) : 0;
    int last = min((int)(blockIdx.x + 1) * ROWS, length) - 1, end = seen(lengths, set, last, length, causal);
    float query[W], gradient[W], sum[W];
    for (int c = 0; c < W; c++) {
        query[c] = t < length ? q[base + t * W + c] : 0.0f;
        gradient[c] = t < length ? dout[base + t * W + c] : 0.0f;
        sum[c] = 0.0f;
    }
    float l = t < length ? lse[set * length + t] : 0.0f, d = t < length ? delta[set * length + t] : 0.0f;
    for (int first = 0; first < end; first += ROWS) {
        load_tile<W>(&k_tile[0][0], k + base, first, length);
        load_tile<W>(&v_tile[0][0], v + base, first, length);
        __syncthreads();
        for (int j = 0; j < ROWS && first + j < n; j++) {
            float dot = 0.0f, dp = 0.0f;
            for (int c = 0; c < W; c++) {
                dot += query[c] * k_tile[j][c];
                dp += gradient[c] * v_tile[j][c];
            }
            float ds = scale * expf(scale * dot - l) * (dp - d);
            for (int c = 0; c < W; c++) sum[c] += ds * k_tile[j][c];
        }
        __syncthreads();
    }
    for (int c = 0; c < W && t < length; c++) dq[base + t * W + c] = sum[c];
}

// dk and dv, flash: one thread a key, walking over tiles of queries and their gradients.
template <int W>
__device__ void flash_key(const float* q, const float* k, const float* v, const int* lengths, const float* dout,
                          const float* lse, const float* delta, float* dk, float* dv, int length, float scale, int causal) {
    __shared__ float q_tile[ROWS][W], g_tile[ROWS][W];
    int set = blockIdx.y, s = blockIdx.x * ROWS + threadIdx.x, base = set * length * W;
    bool visible = s < (lengths ? lengths[set] : length);
    float key[W], value[W], dkey[W], dvalue[W];
    for (int c = 0; c < W; c++) {
        key[c] = s < length ? k[base + s * W + c] : 0.0f;
        value[c] = s < length ? v[base + s * W + c] : 0.0f;
        dkey[c] = dvalue[c] = 0.0f;
    }
    // With `causal`, queries before the block's first key see none of its keys.
    for (int first = causal ? blockIdx.x * ROWS : 0; first < length; first += ROWS) {
        load_tile<W>(&q_tile[0][0], q + base, first, length);
        load_tile<W>(&g_tile[0][0], dout + base, first, length);
        __syncthreads();
        for (int j = 0; visible && j < ROWS && first + j < length; j++) {
            if (causal && first + j < s) continue;
            float dot = 0.0f, dp = 0.0f;
            for (int c = 0; c < W; c++) {
                dot += q_tile[j][c] * key[c];
                dp += g_tile[j][c] * value[c];
            }
            float p = expf(scale * dot - lse[set * length + first + j]);
            float ds = scale * p * (dp - delta[set * length + first + j]);
            for (int c = 0; c < W; c++) {
                dkey[c] += ds * q_tile[j][c];
                dvalue[c] += p * g_tile[j][c];
            }
        }
        __syncthreads();
    }
    for (int c = 0; c < W && s < length; c++) {
        dk[base + s * W + c] = dkey[c];
        dv[base + s * W + c] = dvalue[c];
    }
}

// Backward, v2: four neighbouring lanes share a row, each with every fourth of its columns. In v1 a thread holds three or four rows of up to
// 64 floats, more registers than leave room for other warps, and a block is one warp; here a thread holds a quarter, a block has four
// warps for the same tiles, and two shuffles put the products together. All lanes come to the shuffles, also for pairs that are not seen.
__device__ __forceinline__ float four_sum(float v) {
    v += __shfl_xor_sync(0xffffffff, v, 1);
    return v + __shfl_xor_sync(0xffffffff, v, 2);
}

template <int W>
__device__ void shared_query(const float* q, const float* k, const float* v, const int* lengths, const float* dout,
                             const float* lse, const float* delta, float* dq, int length, float scale, int causal) {
    __shared__ float k_tile[ROWS][W], v_tile[ROWS][W];
    constexpr int PART = W / 4;
    int part = threadIdx.x % 4, set = blockIdx.y, t = blockIdx.x * ROWS + threadIdx.x / 4, base = set * length * W;
    int n = t < length ? seen(lengths, set, t, length, causal) : 0;
    int last = min((int)(blockIdx.x + 1) * ROWS, length) - 1, end = seen(lengths, set, last, length, causal);
    float query[PART], gradient[PART], sum[PART];
    for (int c = 0; c < PART; c++) {
        query[c] = t < length ? q[base + t * W + 4 * c + part] : 0.0f;
        gradient[c] = t < length ? dout[base + t * W + 4 * c + part] : 0.0f;
        sum[c] = 0.0f;
    }
    float l = t < length ? lse[set * length + t] : 0.0f, d = t < length ? delta[set * length + t] : 0.0f;
    for (int first = 0; first < end; first += ROWS) {
        load_tile<W>(&k_tile[0][0], k + base, first, length);
        load_tile<W>(&v_tile[0][0], v + base, first, length);
        __syncthreads();
        for (int j = 0; j < ROWS; j++) {
            float dot = 0.0f, dp = 0.0f;
            for (int c = 0; c < PART; c++) {
                dot += query[c] * k_tile[j][4 * c + part];
                dp += gradient[c] * v_tile[j][4 * c + part];
            }
            dot = four_sum(dot);
            dp = four_sum(dp);
            float ds = first + j < n ? scale * expf(scale * dot - l) * (dp - d) : 0.0f;
            for (int c = 0; c < PART; c++) sum[c] += ds * k_tile[j][4 * c + part];
        }
        __syncthreads();
    }
    for (int c = 0; c < PART && t < length; c++) dq[base + t * W + 4 * c + part] = sum[c];
}

template <int W>
__device__ void shared_key(const float* q, const float* k, const float* v, const int* lengths, const float* dout,
                           const float* lse, const float* delta, float* dk, float* dv, int length, float scale, int causal) {
    __shared__ float q_tile[ROWS][W], g_tile[ROWS][W];
    constexpr int PART = W / 4;
    int part = threadIdx.x % 4, set = blockIdx.y, s = blockIdx.x * ROWS + threadIdx.x / 4, base = set * length * W;
    bool visible = s < (lengths ? lengths[set] : length);
    float key[PART], value[PART], dkey[PART], dvalue[PART];
    for (int c = 0; c < PART; c++) {
        key[c] = s < length ? k[base + s * W + 4 * c + part] : 0.0f;
        value[c] = s < length ? v[base + s * W + 4 * c + part] : 0.0f;
        dkey[c] = dvalue[c] = 0.0f;
    }
    for (int first = causal ? blockIdx.x * ROWS : 0; first < length; first += ROWS) {
        load_tile<W>(&q_tile[0][0], q + base, first, length);
        load_tile<W>(&g_tile[0][0], dout + base, first, length);
        __syncthreads();
        for (int j = 0; j < ROWS && first + j < length; j++) {
            float dot = 0.0f, dp = 0.0f;
            for (int c = 0; c < PART; c++) {
                dot += q_tile[j][4 * c + part] * key[c];
                dp += g_tile[j][4 * c + part] * value[c];
            }
            dot = four_sum(dot);
            dp = four_sum(dp);
            bool sees = visible && (!causal || first + j >= s);
            float p = sees ? expf(scale * dot - lse[set * length + first + j]) : 0.0f;
            float ds = scale * p * (dp - delta[set * length + first + j]);
            for (int c = 0; c < PART; c++) {
                dkey[c] += ds * q_tile[j][4 * c + part];
                dvalue[c] += p * g_tile[j][4 * c + part];
            }
        }
        __syncthreads();
    }
    for (int c = 0; c < PART && s < length; c++) {
        dk[base + s * W + 4 * c + part] = dkey[c];
        dv[base + s * W + 4 * c + part] = dvalue[c];
    }
}

// The width must be known to the compiler, so that it keeps the rows in registers: one kernel per width. (ptxas says where they are
// more than a thread has registers, and some wait in memory: in v1 of backward from 64 on, in forward at 128. v2 of backward has room.)
#define ATTENTION(W)                                                                                                                \
    extern "C" __global__ void attention_v2_##W(const float* q, const float* k, const float* v, const int* lengths, float* out,     \
                                                float* lse, int length, float scale, int causal) {                                  \
        flash<W>(q, k, v, lengths, out, lse, length, scale, causal);                                                                \
    }                                                                                                                               \
    extern "C" __global__ void attention_backward_query_v1_##W(                                                                     \
        const float* q, const float* k, const float* v, const int* lengths, const float* dout, const float* lse,                    \
        const float* delta, float* dq, int length, float scale, int causal) {                                                       \
        flash_query<W>(q, k, v, lengths, dout, lse, delta, dq, length, scale, causal);                                              \
    }                                                                                                                               \
    extern "C" __global__ void attention_backward_key_v1_##W(                                                                       \
        const float* q, const float* k, const float* v, const int* lengths, const float* dout, const float* lse,                    \
        const float* delta, float* dk, float* dv, int length, float scale, int causal) {                                            \
        flash_key<W>(q, k, v, lengths, dout, lse, delta, dk, dv, length, scale, causal);                                            \
    }                                                                                                                               \
    extern "C" __global__ void attention_backward_query_v2_##W(                                                                     \
        const float* q, const float* k, const float* v, const int* lengths, const float* dout, const float* lse,                    \
        const float* delta, float* dq, int length, float scale, int causal) {                                                       \
        shared_query<W>(q, k, v, lengths, dout, lse, delta, dq, length, scale, causal);                                             \
    }                                                                                                                               \
    extern "C" __global__ void attention_backward_key_v2_##W(                                                                       \
        const float* q, const float* k, const float* v, const int* lengths, const float* dout, const float* lse,                    \
        const float* delta, float* dk, float* dv, int length, float scale, int causal) {                                            \
        shared_key<W>(q, k, v, lengths, dout, lse, delta, dk, dv, length, scale, causal);                                           \
    }
ATTENTION(16)
ATTENTION(32)
ATTENTION(64)
ATTENTION(128)
