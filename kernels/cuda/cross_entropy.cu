// Cross-entropy fused with softmax: logits [rows, classes], targets [rows]. For row r with maximum m, sum s of the
// exp(x - m) and target t:
//
//     loss[r]    = log s + m - x[t]
//     dx[r][c]   = scale (exp(x[c] - m) / s - [c = t])
//
// The probabilities are never stored. `scale` is what the mean over the rows asks for, 1 / (number of rows that count). A target
// below 0 means that the row does not count (padding): loss and gradient 0.
#include "warp.cuh"

// v1: one thread a row, three passes.
extern "C" __global__ void cross_entropy_v1(const float* logits, const int* targets, float* loss, float* dlogits, int rows,
                                            int classes, float scale) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    int start = row * classes, target = targets[row];
    float m = -INFINITY, s = 0.0f;
    for (int c = 0; c < classes; c++) m = fmaxf(m, logits[start + c]);
    for (int c = 0; c < classes; c++) s += expf(logits[start + c] - m);
    loss[row] = target < 0 ? 0.0f : logf(s) + m - logits[start + target];
    for (int c = 0; c < classes; c++) {
        float p = expf(logits[start + c] - m) / s;
        dlogits[start + c] = target < 0 ? 0.0f : scale * (p - (c == target ? 1.0f : 0.0f));
    }
}

// v2: one warp a row. Neighbouring lanes read neighbouring classes; maximum and sum go through registers.
extern "C" __global__ void cross_entropy_v2(const float* logits, const int* targets, float* loss, float* dlogits, int rows,
                                            int classes, float scale) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    int start = row * classes, target = targets[row];
    float m = -INFINITY, s = 0.0f;
    for (int c = lane; c < classes; c += 32) m = fmaxf(m, logits[start + c]);
    m = warp_max(m);
    for (int c = lane; c < classes; c += 32) s += expf(logits[start + c] - m);
    s = warp_sum(s);
    if (lane == 0) loss[row] = target < 0 ? 0.0f : logf(s) + m - logits[start + target];
    float factor = target < 0 ? 0.0f : scale / s;
    for (int c = lane; c < classes; c += 32) {
        float one = c == target ? scale : 0.0f;
        dlogits[start + c] = factor * expf(logits[start + c] - m) - one;
    }
}

// v3: one block a row and one pass for maximum and sum (online, see softmax.cu): for tens of thousands of classes, as in a
// language model, where a row no longer fits a cache and each pass over it is a pass over memory.
extern "C" __global__ void cross_entropy_v3(const float* logits, const int* targets, float* loss, float* dlogits, int rows,
                                            int classes, float scale) {
    __shared__ float scratch[32];
    int start = blockIdx.x * classes, target = targets[blockIdx.x];
    float m = -INFINITY, s = 0.0f;
    for (int c = threadIdx.x; c < classes; c += blockDim.x) {
        float x = logits[start + c];
        if (x > m) {
            s *= expf(m - x);
            m = x;
        }
        s += expf(x - m);
    }
    float all = block_max(m, scratch);
    s = block_sum(m == -INFINITY ? 0.0f : s * expf(m - all), scratch);
    if (threadIdx.x == 0) loss[blockIdx.x] = target < 0 ? 0.0f : logf(s) + all - logits[start + target];
    float factor = target < 0 ? 0.0f : scale / s;
    for (int c = threadIdx.x; c < classes; c += blockDim.x) {
        float one = c == target ? scale : 0.0f;
        dlogits[start + c] = factor * expf(logits[start + c] - all) - one;
    }
}
