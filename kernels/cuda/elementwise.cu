// Elementwise operations over n floats. Every element is on its own, so the whole question is how to keep the memory busy:
// for each element a few bytes come in and a few go out, and hardly anything is computed.
//
// The ladder: one thread an element (v1), a fixed number of threads that stride over all elements (v2), four elements in one
// instruction (v3).

// v1: one thread computes one element. Thread i of all threads takes element i, so the 32 threads of a warp read 32
// neighbouring floats, which the hardware joins into one access of 128 bytes. The last block has threads to spare: the
// test keeps them from running over the end.
extern "C" __global__ void add_v1(const float* a, const float* b, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a[i] + b[i];
}

// v2, grid-stride loop: as many threads as fit on the device at once; each takes every (number of threads)-th element.
// Neighbouring threads still read neighbouring elements, a block is started once instead of thousands of times, and the same
// launch serves any n.
extern "C" __global__ void add_v2(const float* a, const float* b, float* y, int n) {
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) y[i] = a[i] + b[i];
}

// v3, vector loads: a float4 is read and written by one instruction, so there are four times fewer instructions and more
// bytes on the way at any moment. The address must be a multiple of 16 bytes: it is, at the start of a buffer and every four
// elements from there. The up to three elements that are left over are done one by one.
extern "C" __global__ void add_v3(const float* a, const float* b, float* y, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    const float4* a4 = reinterpret_cast<const float4*>(a);
    const float4* b4 = reinterpret_cast<const float4*>(b);
    float4* y4 = reinterpret_cast<float4*>(y);
    for (int i = thread; i < n / 4; i += stride) {
        float4 p = a4[i], q = b4[i];
        y4[i] = make_float4(p.x + q.x, p.y + q.y, p.z + q.z, p.w + q.w);
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) y[tail] = a[tail] + b[tail];
}

// ---------------------------------------------------------------------------------------------------------------------
// Fused bias and activation: y = relu(x + bias), x [rows, columns], bias [columns]. As two kernels x + bias would travel to
// memory and back in between; fused, each element is read once and written once.

// v1: one thread an element; the column is the rest of a division, which is slow for an integer that is no power of two.
extern "C" __global__ void bias_relu_v1(const float* x, const float* bias, float* y, int rows, int columns) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * columns) y[i] = fmaxf(x[i] + bias[i % columns], 0.0f);
}

// v2: a thread keeps to one column and walks down the rows: no division, and the bias stays in a register. Neighbouring
// threads have neighbouring columns, so each step of a warp is still one access of 128 bytes.
extern "C" __global__ void bias_relu_v2(const float* x, const float* bias, float* y, int rows, int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float b = bias[column];
    for (int row = blockIdx.y; row < rows; row += gridDim.y) {
        int i = row * columns + column;
        y[i] = fmaxf(x[i] + b, 0.0f);
    }
}

// y = x + bias alone, as the last layer of a network needs it. x and y may not be the same buffer.
extern "C" __global__ void bias_v1(const float* x, const float* bias, float* y, int rows, int columns) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * columns) y[i] = x[i] + bias[i % columns];
}

// v2: as bias_relu_v2.
extern "C" __global__ void bias_v2(const float* x, const float* bias, float* y, int rows, int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float b = bias[column];
    for (int row = blockIdx.y; row < rows; row += gridDim.y) y[row * columns + column] = x[row * columns + column] + b;
}

// Its backward: the gradient of x is dy itself; dbias[column] = sum over the rows of dy. dbias must be 0 before v2.
extern "C" __global__ void bias_backward_v1(const float* dy, float* dbias, int rows, int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float sum = 0.0f;
    for (int row = 0; row < rows; row++) sum += dy[row * columns + column];
    dbias[column] = sum;
}

// v2: columns and rows shared out as in the fused backward below.
extern "C" __global__ void bias_backward_v2(const float* dy, float* dbias, int rows, int columns) {
    __shared__ float sums[8][32];
    int column = blockIdx.x * 32 + threadIdx.x;
    float sum = 0.0f;
    if (column < columns) {
        for (int row = blockIdx.y * 8 + threadIdx.y; row < rows; row += gridDim.y * 8) sum += dy[row * columns + column];
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        for (int line = 1; line < 8; line++) sum += sums[line][threadIdx.x];
        atomicAdd(&dbias[column], sum);
    }
}

// Backward: dx = dy where y > 0, else 0; dbias[column] = sum over the rows of dx. dbias must be 0 before v2.
//
// v1: one thread a column, for dx and the sum together.
extern "C" __global__ void bias_relu_backward_v1(const float* dy, const float* y, float* dx, float* dbias, int rows,
                                                 int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float sum = 0.0f;
    for (int row = 0; row < rows; row++) {
        int i = row * columns + column;
        float g = y[i] > 0.0f ? dy[i] : 0.0f;
        dx[i] = g;
        sum += g;
    }
    dbias[column] = sum;
}

// v2: a block of 32 x 8 threads takes 32 columns and shares the rows among its eight lines of threads and among the blocks
// along y; shared memory adds the eight, and one atomic a column adds the blocks. (The order of atomics is not fixed, so
// the last bits of dbias may differ from run to run.)
extern "C" __global__ void bias_relu_backward_v2(const float* dy, const float* y, float* dx, float* dbias, int rows,
                                                 int columns) {
    __shared__ float sums[8][32];
    int column = blockIdx.x * 32 + threadIdx.x;
    float sum = 0.0f;
    if (column < columns) {
        for (int row = blockIdx.y * 8 + threadIdx.y; row < rows; row += gridDim.y * 8) {
            int i = row * columns + column;
            float g = y[i] > 0.0f ? dy[i] : 0.0f;
            dx[i] = g;
            sum += g;
        }
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        for (int line = 1; line < 8; line++) sum += sums[line][threadIdx.x];
        atomicAdd(&dbias[column], sum);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// GELU, exact: y = x P(x) with the normal distribution P(x) = (1 + erf(x / sqrt 2)) / 2, so dy/dx = P(x) + x p(x) with its
// density p(x) = exp(-x^2 / 2) / sqrt(2 pi).
__device__ __forceinline__ float gelu(float v) { return 0.5f * v * (1.0f + erff(v * 0.70710678f)); }
__device__ __forceinline__ float gelu_slope(float v) {
    float below = 0.5f * (1.0f + erff(v * 0.70710678f));
    float density = 0.39894228f * expf(-0.5f * v * v);
    return below + v * density;
}

extern "C" __global__ void gelu_v1(const float* x, float* y, int n) {
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) y[i] = gelu(x[i]);
}

// v2: vector loads. Some twenty operations an element come with erff, and the memory still has to be asked for: four loads in one
// instruction leave more of them on the way while the arithmetic of the last four runs.
extern "C" __global__ void gelu_v2(const float* x, float* y, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float4* y4 = reinterpret_cast<float4*>(y);
    for (int i = thread; i < n / 4; i += stride) {
        float4 v = x4[i];
        y4[i] = make_float4(gelu(v.x), gelu(v.y), gelu(v.z), gelu(v.w));
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) y[tail] = gelu(x[tail]);
}

extern "C" __global__ void gelu_backward_v1(const float* dy, const float* x, float* dx, int n) {
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) dx[i] = dy[i] * gelu_slope(x[i]);
}

// v2: vector loads.
extern "C" __global__ void gelu_backward_v2(const float* dy, const float* x, float* dx, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    const float4* dy4 = reinterpret_cast<const float4*>(dy);
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float4* dx4 = reinterpret_cast<float4*>(dx);
    for (int i = thread; i < n / 4; i += stride) {
        float4 g = dy4[i], v = x4[i];
        dx4[i] = make_float4(g.x * gelu_slope(v.x), g.y * gelu_slope(v.y), g.z * gelu_slope(v.z), g.w * gelu_slope(v.w));
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) dx[tail] = dy[tail] * gelu_slope(x[tail]);
}
