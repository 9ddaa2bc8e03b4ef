// Batch norm in training (Ioffe and Szegedy 2015): x [batch, channels, area]; each channel is normalised over batch and area:
//
//     h = (x - mean) rstd,  y = h weight + bias,  with mean and rstd = 1 / sqrt(variance + eps) of the channel
//
// With n = batch area and sums over the channel: dbias = sum dy, dweight = sum dy h,
//     dx = weight rstd (dy - dbias / n - h dweight / n)
// The elements of a channel lie in `batch` runs of `area`; element j of a channel is at (j / area * channels + channel) * area
// + j % area.
#include "warp.cuh"

__device__ __forceinline__ int place(int j, int channel, int channels, int area) {
    return (j / area * channels + channel) * area + j % area;
}

// v1: one thread a channel: with 64 channels, 64 threads on a whole GPU.
extern "C" __global__ void batch_norm_v1(const float* x, const float* weight, const float* bias, float* y, float* mean,
                                         float* rstd, int batch, int channels, int area, float eps) {
    int channel = blockIdx.x * blockDim.x + threadIdx.x, n = batch * area;
    if (channel >= channels) return;
    float m = 0.0f, v = 0.0f;
    for (int j = 0; j < n; j++) m += x[place(j, channel, channels, area)];
    m /= n;
    for (int j = 0; j < n; j++) {
        float d = x[place(j, channel, channels, area)] - m;
        v += d * d;
    }
    float r = rsqrtf(v / n + eps);
    for (int j = 0; j < n; j++) {
        int at = place(j, channel, channels, area);
        y[at] = (x[at] - m) * r * weight[channel] + bias[channel];
    }
    mean[channel] = m;
    rstd[channel] = r;
}

// v2: one block a channel.
extern "C" __global__ void batch_norm_v2(const float* x, const float* weight, const float* bias, float* y, float* mean,
                                         float* rstd, int batch, int channels, int area, float eps) {
    __shared__ float scratch[32];
    int channel = blockIdx.x, n = batch * area;
    float m = 0.0f, v = 0.0f;
    for (int j = threadIdx.x; j < n; j += blockDim.x) m += x[place(j, channel, channels, area)];
    m = block_sum(m, scratch) / n;
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        float d = x[place(j, channel, channels, area)] - m;
        v += d * d;
    }
    float r = rsqrtf(block_sum(v, scratch) / n + eps);
    float w = weight[channel], b = bias[channel];
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        int at = place(j, channel, channels, area);
        y[at] = (x[at] - m) * r * w + b;
    }
    if (threadIdx.x == 0) {
        mean[channel] = m;
        rstd[channel] = r;
    }
}

// Backward, v1: one thread a channel.
extern "C" __global__ void batch_norm_backward_v1(const float* dy, const float* x, const float* weight, const float* mean,
                                                  const float* rstd, float* dx, float* dweight, float* dbias, int batch,
                                                  int channels, int area) {
    int channel = blockIdx.x * blockDim.x + threadIdx.x, n = batch * area;
    if (channel >= channels) return;
    float m = mean[channel], r = rstd[channel], dw = 0.0f, db = 0.0f;
    for (int j = 0; j < n; j++) {
        int at = place(j, channel, channels, area);
        db += dy[at];
        dw += dy[at] * (x[at] - m) * r;
    }
    for (int j = 0; j < n; j++) {
        int at = place(j, channel, channels, area);
        dx[at] = weight[channel] * r * (dy[at] - db / n - (x[at] - m) * r * dw / n);
    }
    dweight[channel] = dw;
    dbias[channel] = db;
}

// Backward, v2: one block a channel.
extern "C" __global__ void batch_norm_backward_v2(const float* dy, const float* x, const float* weight, const float* mean,
                                                  const float* rstd, float* dx, float* dweight, float* dbias, int batch,
                                                  int channels, int area) {
    __shared__ float scratch[32];
    int channel = blockIdx.x, n = batch * area;
    float m = mean[channel], r = rstd[channel], dw = 0.0f, db = 0.0f;
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        int at = place(j, channel, channels, area);
        db += dy[at];
        dw += dy[at] * (x[at] - m) * r;
    }
    db = block_sum(db, scratch);
    dw = block_sum(dw, scratch);
    float factor = weight[channel] * r;
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        int at = place(j, channel, channels, area);
        dx[at] = factor * (dy[at] - db / n - (x[at] - m) * r * dw / n);
    }
    if (threadIdx.x == 0) {
        dweight[channel] = dw;
        dbias[channel] = db;
    }
}
