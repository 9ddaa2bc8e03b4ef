// One step of an LSTM, all that comes after the matrix products, fused. `gates` [batch, 4 hidden] holds the sums x Wx + h Wh + b
// in PyTorch's order input, forget, cell, output; c_old [batch, hidden]:
//
//     i = sigmoid, f = sigmoid, g = tanh, o = sigmoid;  c = f c_old + i g;  h = o tanh(c)
//
// As single operations this would be nine kernels, each with its way to memory and back.

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// v1: one thread a cell. `active` [batch, 4 hidden] keeps i, f, g, o for backward.
extern "C" __global__ void lstm_step_v1(const float* gates, const float* c_old, float* active, float* c, float* h, int batch,
                                        int hidden) {
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= batch * hidden) return;
    int at = n / hidden * 4 * hidden + n % hidden;
    float i = sigmoid(gates[at]), f = sigmoid(gates[at + hidden]);
    float g = tanhf(gates[at + 2 * hidden]), o = sigmoid(gates[at + 3 * hidden]);
    float cell = f * c_old[n] + i * g;
    active[at] = i;
    active[at + hidden] = f;
    active[at + 2 * hidden] = g;
    active[at + 3 * hidden] = o;
    c[n] = cell;
    h[n] = o * tanhf(cell);
}

// Backward of the step: from dh and dc (what the next step and the loss send) to dgates and dc_old. With t = tanh(c):
//     dc' = dc + dh o (1 - t^2);  do = dh t;  di = dc' g;  dg = dc' i;  df = dc' c_old;  dc_old = dc' f
// and through the activations s' = s (1 - s), tanh' = 1 - g^2.
extern "C" __global__ void lstm_step_backward_v1(const float* dh, const float* dc, const float* active, const float* c_old,
                                                 const float* c, float* dgates, float* dc_old, int batch, int hidden) {
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= batch * hidden) return;
    int at = n / hidden * 4 * hidden + n % hidden;
    float i = active[at], f = active[at + hidden], g = active[at + 2 * hidden], o = active[at + 3 * hidden];
    float t = tanhf(c[n]);
    float d = dc[n] + dh[n] * o * (1.0f - t * t);
    dgates[at] = d * g * i * (1.0f - i);
    dgates[at + hidden] = d * c_old[n] * f * (1.0f - f);
    dgates[at + 2 * hidden] = d * i * (1.0f - g * g);
    dgates[at + 3 * hidden] = dh[n] * t * o * (1.0f - o);
    dc_old[n] = d * f;
}
