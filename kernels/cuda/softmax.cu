// Softmax over the last axis, x and y [rows, columns]: y[r][c] = exp(x[r][c] - m) / s with m the maximum of row r (so that
// no exponent is above 0 and nothing overflows) and s the sum of the exp(x[r][c] - m).
//
// Backward, from y and the gradient dy: dx[r][c] = y[r][c] (dy[r][c] - d) with d = sum over c of dy[r][c] y[r][c].
#include "warp.cuh"

// v1: one thread a row, three passes: maximum, sum, quotient. Neighbouring threads read addresses a whole row apart, so each
// float costs an access of its own.
extern "C" __global__ void softmax_v1(const float* x, float* y, int rows, int columns) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    const float* from = x + row * columns;
    float* to = y + row * columns;
    float m = -INFINITY;
    for (int c = 0; c < columns; c++) m = fmaxf(m, from[c]);
    float s = 0.0f;
    for (int c = 0; c < columns; c++) s += expf(from[c] - m);
    for (int c = 0; c < columns; c++) to[c] = expf(from[c] - m) / s;
}

// v2: one block a row, still three passes. Neighbouring threads read neighbouring columns; maximum and sum are reductions over
// the block.
extern "C" __global__ void softmax_v2(const float* x, float* y, int rows, int columns) {
    __shared__ float scratch[32];
    const float* from = x + blockIdx.x * columns;
    float* to = y + blockIdx.x * columns;
    float m = -INFINITY;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) m = fmaxf(m, from[c]);
    m = block_max(m, scratch);
    float s = 0.0f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) s += expf(from[c] - m);
    s = block_sum(s, scratch);
    for (int c = threadIdx.x; c < columns; c += blockDim.x) to[c] = expf(from[c] - m) / s;
}

// Maximum and sum of exponentials of what was seen so far. A new number x, or another such pair, is taken in without going back:
// if the maximum grows from m to n, all that was summed shrinks by exp(m - n).
struct Online {
    float m, s;
};
__device__ __forceinline__ Online join(Online a, Online b) {
    float m = fmaxf(a.m, b.m);
    if (m == -INFINITY) return {m, 0.0f}; // nothing seen yet: inf - inf would be NaN
    return {m, a.s * expf(a.m - m) + b.s * expf(b.m - m)};
}
__device__ __forceinline__ Online warp_join(Online a) {
    for (int by = 16; by > 0; by /= 2) {
        Online b = {__shfl_xor_sync(0xffffffff, a.m, by), __shfl_xor_sync(0xffffffff, a.s, by)};
        a = join(a, b);
    }
    return a;
}

// v3, online (Milakov and Gimelshein 2018): maximum and sum in one pass, so a row is read twice and not three times.
extern "C" __global__ void softmax_v3(const float* x, float* y, int rows, int columns) {
    __shared__ float maxima[32], sums[32];
    const float* from = x + blockIdx.x * columns;
    float* to = y + blockIdx.x * columns;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    Online a = {-INFINITY, 0.0f};
    for (int c = threadIdx.x; c < columns; c += blockDim.x) a = join(a, {from[c], 1.0f});
    a = warp_join(a);
    if (lane == 0) {
        maxima[warp] = a.m;
        sums[warp] = a.s;
    }
    __syncthreads();
    if (lane < blockDim.x / 32) {
        a = {maxima[lane], sums[lane]};
    } else {
        a = {-INFINITY, 0.0f};
    }
    a = warp_join(a);
    for (int c = threadIdx.x; c < columns; c += blockDim.x) to[c] = expf(from[c] - a.m) / a.s;
}

// v4: one warp a row. Rows of a few hundred columns do not feed a whole block; a warp needs neither shared memory nor barriers,
// and the warps of a block work on different rows at their own pace.
extern "C" __global__ void softmax_v4(const float* x, float* y, int rows, int columns) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return; // the whole warp leaves together
    const float* from = x + row * columns;
    float* to = y + row * columns;
    Online a = {-INFINITY, 0.0f};
    for (int c = lane; c < columns; c += 32) a = join(a, {from[c], 1.0f});
    a = warp_join(a);
    float scale = 1.0f / a.s;
    for (int c = lane; c < columns; c += 32) to[c] = expf(from[c] - a.m) * scale;
}

// Backward, v1: one thread a row.
extern "C" __global__ void softmax_backward_v1(const float* dy, const float* y, float* dx, int rows, int columns) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    int start = row * columns;
    float d = 0.0f;
    for (int c = start; c < start + columns; c++) d += dy[c] * y[c];
    for (int c = start; c < start + columns; c++) dx[c] = y[c] * (dy[c] - d);
}

// Backward, v2: one block a row.
extern "C" __global__ void softmax_backward_v2(const float* dy, const float* y, float* dx, int rows, int columns) {
    __shared__ float scratch[32];
    int start = blockIdx.x * columns;
    float d = 0.0f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) d += dy[start + c] * y[start + c];
    d = block_sum(d, scratch);
    for (int c = threadIdx.x; c < columns; c += blockDim.x) dx[start + c] = y[start + c] * (dy[start + c] - d);
}

// Backward, v3: one warp a row.
extern "C" __global__ void softmax_backward_v3(const float* dy, const float* y, float* dx, int rows, int columns) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    int start = row * columns;
    float d = 0.0f;
    for (int c = lane; c < columns; c += 32) d += dy[start + c] * y[start + c];
    d = warp_sum(d);
    for (int c = lane; c < columns; c += 32) dx[start + c] = y[start + c] * (dy[start + c] - d);
}
