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

// v2, four cells a thread, for a hidden size that is a multiple of 4: eleven floats a cell come and go, in loads and stores of four. One
// division serves four cells.
struct Cell {
    float i, f, g, o, c, h;
};
__device__ __forceinline__ Cell cell_step(float gi, float gf, float gg, float go, float c_old) {
    Cell cell = {sigmoid(gi), sigmoid(gf), tanhf(gg), sigmoid(go), 0.0f, 0.0f};
    cell.c = cell.f * c_old + cell.i * cell.g;
    cell.h = cell.o * tanhf(cell.c);
    return cell;
}

extern "C" __global__ void lstm_step_v2(const float* gates, const float* c_old, float* active, float* c, float* h, int batch,
                                        int hidden) {
    int n = blockIdx.x * blockDim.x + threadIdx.x, quarter = hidden / 4;
    if (n >= batch * quarter) return;
    int at = n / quarter * hidden + n % quarter; // in units of four floats
    const float4* from = reinterpret_cast<const float4*>(gates) + at;
    float4 gi = from[0], gf = from[quarter], gg = from[2 * quarter], go = from[3 * quarter];
    float4 old = reinterpret_cast<const float4*>(c_old)[n];
    Cell p = cell_step(gi.x, gf.x, gg.x, go.x, old.x), q = cell_step(gi.y, gf.y, gg.y, go.y, old.y);
    Cell r = cell_step(gi.z, gf.z, gg.z, go.z, old.z), s = cell_step(gi.w, gf.w, gg.w, go.w, old.w);
    float4* to = reinterpret_cast<float4*>(active) + at;
    to[0] = make_float4(p.i, q.i, r.i, s.i);
    to[quarter] = make_float4(p.f, q.f, r.f, s.f);
    to[2 * quarter] = make_float4(p.g, q.g, r.g, s.g);
    to[3 * quarter] = make_float4(p.o, q.o, r.o, s.o);
    reinterpret_cast<float4*>(c)[n] = make_float4(p.c, q.c, r.c, s.c);
    reinterpret_cast<float4*>(h)[n] = make_float4(p.h, q.h, r.h, s.h);
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

// v2: four cells a thread.
struct CellGradient {
    float i, f, g, o, c;
};
__device__ __forceinline__ CellGradient cell_back(float dh, float dc, float i, float f, float g, float o, float c_old, float c) {
    float t = tanhf(c), d = dc + dh * o * (1.0f - t * t);
    return {d * g * i * (1.0f - i), d * c_old * f * (1.0f - f), d * i * (1.0f - g * g), dh * t * o * (1.0f - o), d * f};
}

extern "C" __global__ void lstm_step_backward_v2(const float* dh, const float* dc, const float* active, const float* c_old,
                                                 const float* c, float* dgates, float* dc_old, int batch, int hidden) {
    int n = blockIdx.x * blockDim.x + threadIdx.x, quarter = hidden / 4;
    if (n >= batch * quarter) return;
    int at = n / quarter * hidden + n % quarter;
    const float4* from = reinterpret_cast<const float4*>(active) + at;
    float4 i = from[0], f = from[quarter], g = from[2 * quarter], o = from[3 * quarter];
    float4 h = reinterpret_cast<const float4*>(dh)[n], d = reinterpret_cast<const float4*>(dc)[n];
    float4 old = reinterpret_cast<const float4*>(c_old)[n], now = reinterpret_cast<const float4*>(c)[n];
    CellGradient p = cell_back(h.x, d.x, i.x, f.x, g.x, o.x, old.x, now.x);
    CellGradient q = cell_back(h.y, d.y, i.y, f.y, g.y, o.y, old.y, now.y);
    CellGradient r = cell_back(h.z, d.z, i.z, f.z, g.z, o.z, old.z, now.z);
    CellGradient s = cell_back(h.w, d.w, i.w, f.w, g.w, o.w, old.w, now.w);
    float4* to = reinterpret_cast<float4*>(dgates) + at;
    to[0] = make_float4(p.i, q.i, r.i, s.i);
    to[quarter] = make_float4(p.f, q.f, r.f, s.f);
    to[2 * quarter] = make_float4(p.g, q.g, r.g, s.g);
    to[3 * quarter] = make_float4(p.o, q.o, r.o, s.o);
    reinterpret_cast<float4*>(dc_old)[n] = make_float4(p.c, q.c, r.c, s.c);
}
