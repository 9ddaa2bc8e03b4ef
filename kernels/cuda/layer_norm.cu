// Layer norm over the last axis (Ba, Kiros, Hinton 2016), x [rows, columns], weight and bias [columns]:
//
//     mean = sum of the row / columns,  rstd = 1 / sqrt(variance + eps),  h = (x - mean) rstd,  y = h weight + bias
//
// Forward stores mean and rstd, [rows] each, for backward. With g = dy weight:
//
//     dx      = rstd (g - mean of g over the row - h (mean of g h over the row))
//     dweight = sum over the rows of dy h,  dbias = sum over the rows of dy
#include "warp.cuh"

// v1: one thread a row; mean, variance, result: three passes.
extern "C" __global__ void layer_norm_v1(const float* x, const float* weight, const float* bias, float* y, float* mean,
                                         float* rstd, int rows, int columns, float eps) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    int start = row * columns;
    float m = 0.0f, v = 0.0f;
    for (int c = 0; c < columns; c++) m += x[start + c];
    m /= columns;
    for (int c = 0; c < columns; c++) v += (x[start + c] - m) * (x[start + c] - m);
    float r = rsqrtf(v / columns + eps);
    for (int c = 0; c < columns; c++) y[start + c] = (x[start + c] - m) * r * weight[c] + bias[c];
    mean[row] = m;
    rstd[row] = r;
}

// v2: one block a row.
extern "C" __global__ void layer_norm_v2(const float* x, const float* weight, const float* bias, float* y, float* mean,
                                         float* rstd, int rows, int columns, float eps) {
    __shared__ float scratch[32];
    int start = blockIdx.x * columns;
    float m = 0.0f, v = 0.0f;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) m += x[start + c];
    m = block_sum(m, scratch) / columns;
    for (int c = threadIdx.x; c < columns; c += blockDim.x) v += (x[start + c] - m) * (x[start + c] - m);
    float r = rsqrtf(block_sum(v, scratch) / columns + eps);
    for (int c = threadIdx.x; c < columns; c += blockDim.x) {
        y[start + c] = (x[start + c] - m) * r * weight[c] + bias[c];
    }
    if (threadIdx.x == 0) {
        mean[blockIdx.x] = m;
        rstd[blockIdx.x] = r;
    }
}

// v3: one warp a row, and the row stays in registers between the passes: memory is read once. 32 lanes times 32 registers hold
// rows of up to 1024 columns; the launch code takes v2 for longer ones. The loops have a fixed length, or the
// compiler could not keep the array in registers.
constexpr int HELD = 32;
extern "C" __global__ void layer_norm_v3(const float* x, const float* weight, const float* bias, float* y, float* mean,
                                         float* rstd, int rows, int columns, float eps) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    int start = row * columns;
    float held[HELD];
    float m = 0.0f, v = 0.0f;
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        int c = i * 32 + lane;
        held[i] = c < columns ? x[start + c] : 0.0f;
        m += held[i];
    }
    m = warp_sum(m) / columns;
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        if (i * 32 + lane < columns) v += (held[i] - m) * (held[i] - m);
    }
    float r = rsqrtf(warp_sum(v) / columns + eps);
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        int c = i * 32 + lane;
        if (c < columns) y[start + c] = (held[i] - m) * r * weight[c] + bias[c];
    }
    if (lane == 0) {
        mean[row] = m;
        rstd[row] = r;
    }
}

// Backward to the input, v1: one thread a row.
extern "C" __global__ void layer_norm_backward_input_v1(const float* dy, const float* x, const float* weight,
                                                        const float* mean, const float* rstd, float* dx, int rows,
                                                        int columns) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    int start = row * columns;
    float m = mean[row], r = rstd[row], sum_g = 0.0f, sum_gh = 0.0f;
    for (int c = 0; c < columns; c++) {
        float g = dy[start + c] * weight[c];
        sum_g += g;
        sum_gh += g * (x[start + c] - m) * r;
    }
    for (int c = 0; c < columns; c++) {
        float g = dy[start + c] * weight[c], h = (x[start + c] - m) * r;
        dx[start + c] = r * (g - sum_g / columns - h * sum_gh / columns);
    }
}

// Backward to the input, v2: one warp a row, both sums by shuffles.
extern "C" __global__ void layer_norm_backward_input_v2(const float* dy, const float* x, const float* weight,
                                                        const float* mean, const float* rstd, float* dx, int rows,
                                                        int columns) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    int start = row * columns;
    float m = mean[row], r = rstd[row], sum_g = 0.0f, sum_gh = 0.0f;
    for (int c = lane; c < columns; c += 32) {
        float g = dy[start + c] * weight[c];
        sum_g += g;
        sum_gh += g * (x[start + c] - m) * r;
    }
    float mean_g = warp_sum(sum_g) / columns, mean_gh = warp_sum(sum_gh) / columns;
    for (int c = lane; c < columns; c += 32) {
        float g = dy[start + c] * weight[c], h = (x[start + c] - m) * r;
        dx[start + c] = r * (g - mean_g - h * mean_gh);
    }
}

// Backward to weight and bias, v1: one thread a column, down all rows.
extern "C" __global__ void layer_norm_backward_weight_v1(const float* dy, const float* x, const float* mean,
                                                         const float* rstd, float* dweight, float* dbias, int rows,
                                                         int columns) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= columns) return;
    float dw = 0.0f, db = 0.0f;
    for (int row = 0; row < rows; row++) {
        float g = dy[row * columns + c];
        dw += g * (x[row * columns + c] - mean[row]) * rstd[row];
        db += g;
    }
    dweight[c] = dw;
    dbias[c] = db;
}

// Backward to weight and bias, v2: blocks of 32 columns x 8 lines of rows, several of them along y, as bias_relu_backward_v2
// in elementwise.cu. dweight and dbias must be 0 before.
extern "C" __global__ void layer_norm_backward_weight_v2(const float* dy, const float* x, const float* mean,
                                                         const float* rstd, float* dweight, float* dbias, int rows,
                                                         int columns) {
    __shared__ float weights[8][32], biases[8][32];
    int c = blockIdx.x * 32 + threadIdx.x;
    float dw = 0.0f, db = 0.0f;
    if (c < columns) {
        for (int row = blockIdx.y * 8 + threadIdx.y; row < rows; row += gridDim.y * 8) {
            float g = dy[row * columns + c];
            dw += g * (x[row * columns + c] - mean[row]) * rstd[row];
            db += g;
        }
    }
    weights[threadIdx.y][threadIdx.x] = dw;
    biases[threadIdx.y][threadIdx.x] = db;
    __syncthreads();
    if (threadIdx.y == 0 && c < columns) {
        for (int line = 1; line < 8; line++) {
            dw += weights[line][threadIdx.x];
            db += biases[line][threadIdx.x];
        }
        atomicAdd(&dweight[c], dw);
        atomicAdd(&dbias[c], db);
    }
}
