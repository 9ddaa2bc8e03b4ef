// The optimizers over a flat arena: all parameters of a model in one buffer of n floats, their gradients in another, so that a
// step is one launch instead of one per tensor. And the global norm of the gradients, for clipping.
#include "warp.cuh"

// SGD with momentum and weight decay (torch.optim.SGD): g += decay p; v = momentum v + g; p -= rate v.
// v1: one thread an element. Reads p, g, v and writes p, v: 20 bytes for five operations, so memory sets the pace.
extern "C" __global__ void sgd_v1(float* p, const float* g, float* v, float rate, float momentum, float decay, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float velocity = momentum * v[i] + g[i] + decay * p[i];
    v[i] = velocity;
    p[i] -= rate * velocity;
}

// v2: grid-stride loop over float4.
extern "C" __global__ void sgd_v2(float* p, const float* g, float* v, float rate, float momentum, float decay, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    float4* p4 = reinterpret_cast<float4*>(p);
    float4* v4 = reinterpret_cast<float4*>(v);
    const float4* g4 = reinterpret_cast<const float4*>(g);
    for (int i = thread; i < n / 4; i += stride) {
        float4 a = p4[i], b = g4[i], c = v4[i];
        c = make_float4(momentum * c.x + b.x + decay * a.x, momentum * c.y + b.y + decay * a.y,
                        momentum * c.z + b.z + decay * a.z, momentum * c.w + b.w + decay * a.w);
        v4[i] = c;
        p4[i] = make_float4(a.x - rate * c.x, a.y - rate * c.y, a.z - rate * c.z, a.w - rate * c.w);
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) {
        float velocity = momentum * v[tail] + g[tail] + decay * p[tail];
        v[tail] = velocity;
        p[tail] -= rate * velocity;
    }
}

// AdamW (Loshchilov and Hutter 2019; torch.optim.AdamW), one element:
//
//     m = beta1 m + (1 - beta1) g          the mean of the gradients
//     v = beta2 v + (1 - beta2) g^2        the mean of their squares
//     p -= rate (m / correct1 / (sqrt(v / correct2) + eps) + decay p)
//
// correct1 = 1 - beta1^t and correct2 = 1 - beta2^t at step t come from the host; `clip` scales the gradient first.
__device__ __forceinline__ float adamw(float p, float g, float& m, float& v, float rate, float beta1, float beta2, float eps,
                                       float decay, float correct1, float correct2) {
    m = beta1 * m + (1.0f - beta1) * g;
    v = beta2 * v + (1.0f - beta2) * g * g;
    return p - rate * (m / correct1 / (sqrtf(v / correct2) + eps) + decay * p);
}

// v1: one thread an element.
extern "C" __global__ void adamw_v1(float* p, const float* g, float* m, float* v, float clip, float rate, float beta1,
                                    float beta2, float eps, float decay, float correct1, float correct2, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float a = m[i], b = v[i];
    p[i] = adamw(p[i], clip * g[i], a, b, rate, beta1, beta2, eps, decay, correct1, correct2);
    m[i] = a;
    v[i] = b;
}

// v2: grid-stride loop over float4: four loads of 16 bytes are on their way before the first is needed.
extern "C" __global__ void adamw_v2(float* p, const float* g, float* m, float* v, float clip, float rate, float beta1,
                                    float beta2, float eps, float decay, float correct1, float correct2, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    float4* p4 = reinterpret_cast<float4*>(p);
    float4* m4 = reinterpret_cast<float4*>(m);
    float4* v4 = reinterpret_cast<float4*>(v);
    const float4* g4 = reinterpret_cast<const float4*>(g);
    for (int i = thread; i < n / 4; i += stride) {
        float4 x = p4[i], y = g4[i], a = m4[i], b = v4[i];
        x.x = adamw(x.x, clip * y.x, a.x, b.x, rate, beta1, beta2, eps, decay, correct1, correct2);
        x.y = adamw(x.y, clip * y.y, a.y, b.y, rate, beta1, beta2, eps, decay, correct1, correct2);
        x.z = adamw(x.z, clip * y.z, a.z, b.z, rate, beta1, beta2, eps, decay, correct1, correct2);
        x.w = adamw(x.w, clip * y.w, a.w, b.w, rate, beta1, beta2, eps, decay, correct1, correct2);
        p4[i] = x;
        m4[i] = a;
        v4[i] = b;
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) {
        float a = m[tail], b = v[tail];
        p[tail] = adamw(p[tail], clip * g[tail], a, b, rate, beta1, beta2, eps, decay, correct1, correct2);
        m[tail] = a;
        v[tail] = b;
    }
}

// The sum of the squares of n floats, one number per block, to be added up by `sum` of reduce.cu: the square of the global
// norm. v1: grid-stride, shuffles.
extern "C" __global__ void square_sum_v1(const float* x, float* partial, int n) {
    __shared__ float scratch[32];
    float s = 0.0f;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) s += x[i] * x[i];
    s = block_sum(s, scratch);
    if (threadIdx.x == 0) partial[blockIdx.x] = s;
}

// v2: four elements a load.
extern "C" __global__ void square_sum_v2(const float* x, float* partial, int n) {
    __shared__ float scratch[32];
    int thread = blockIdx.x * blockDim.x + threadIdx.x;
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float s = 0.0f;
    for (int i = thread; i < n / 4; i += gridDim.x * blockDim.x) {
        float4 p = x4[i];
        s += p.x * p.x + p.y * p.y + p.z * p.z + p.w * p.w;
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) s += x[tail] * x[tail];
    s = block_sum(s, scratch);
    if (threadIdx.x == 0) partial[blockIdx.x] = s;
}

// The factor by which clipping scales the gradients (torch.nn.utils.clip_grad_norm_): min(1, limit / (norm + 1e-6)), from the square of
// the norm. It stays on the device: so that the host need not wait for the norm.
__device__ __forceinline__ float clip_factor(float square, float limit) { return fminf(1.0f, limit / (sqrtf(square) + 1e-6f)); }

// v1: one launch writes the factor, a second one scales x.
extern "C" __global__ void clip_factor_v1(const float* square, float* factor, float limit) {
    factor[0] = clip_factor(square[0], limit);
}
extern "C" __global__ void scale_by_v1(float* x, const float* factor, int n) {
    float f = factor[0];
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) x[i] *= f;
}

// v2: every thread works the factor out for itself, which costs less than a launch. In most steps of a training the norm is below the
// limit: then nobody touches x. Else four elements a load.
extern "C" __global__ void clip_scale_v2(float* x, const float* square, float limit, int n) {
    float f = clip_factor(square[0], limit);
    if (f == 1.0f) return;
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    float4* x4 = reinterpret_cast<float4*>(x);
    for (int i = thread; i < n / 4; i += stride) {
        float4 v = x4[i];
        x4[i] = make_float4(f * v.x, f * v.y, f * v.z, f * v.w);
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) x[tail] *= f;
}
