// Yardsticks: what this device can do at most, measured with nothing in the way. The shares in RESULTS.md are shares of these.
#include "mma.cuh"

// Copies n floats, four at a time: the bandwidth of memory, reading and writing.
extern "C" __global__ void peak_copy(const float* x, float* y, int n) {
    int stride = gridDim.x * blockDim.x;
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float4* y4 = reinterpret_cast<float4*>(y);
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n / 4; i += stride) {
        float4 v = x4[i];
        y4[i] = v;
    }
}

// Eight chains of multiply-adds in registers: the arithmetic in f32. Each thread does 16 rounds operations.
extern "C" __global__ void peak_f32(float* y, float factor, int rounds) {
    float v[8];
#pragma unroll
    for (int i = 0; i < 8; i++) v[i] = static_cast<float>(i);
    for (int r = 0; r < rounds; r++) {
#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = fmaf(v[i], factor, 1.0f);
    }
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; i++) sum += v[i];
    y[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

// Eight chains of products on tensor cores in registers, of matrices of ones: each adds 16 to every sum. A warp does 8 x 4096 rounds
// operations.
extern "C" __global__ void peak_bf16(float* y, int rounds) {
    unsigned a[4] = {0x3f803f80u, 0x3f803f80u, 0x3f803f80u, 0x3f803f80u}, b[2] = {0x3f803f80u, 0x3f803f80u};
    float sum[8][4] = {};
    for (int r = 0; r < rounds; r++) {
#pragma unroll
        for (int i = 0; i < 8; i++) mma_bf16(sum[i], a, b);
    }
    float all = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; i++) all += sum[i][0] + sum[i][1] + sum[i][2] + sum[i][3];
    y[blockIdx.x * blockDim.x + threadIdx.x] = all;
}
