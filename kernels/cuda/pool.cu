// Max and average pooling over windows of size x size without padding: x [planes, height, width] (planes = batch times channels),
// y [planes, rows, columns] with rows = (height - size) / stride + 1, columns likewise.

// Max, v1: one thread an output; `where` keeps the place of the maximum within its plane, the first one if several are equal.
extern "C" __global__ void max_pool_v1(const float* x, float* y, int* where, int planes, int height, int width, int size,
                                       int stride) {
    int rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * columns) return;
    int plane = n / (rows * columns), r = n / columns % rows, c = n % columns;
    const float* from = x + plane * height * width;
    int best = r * stride * width + c * stride;
    float m = from[best];
    for (int u = 0; u < size; u++) {
        for (int v = 0; v < size; v++) {
            int place = (r * stride + u) * width + c * stride + v;
            float value = from[place];
            if (value > m) {
                m = value;
                best = place;
            }
        }
    }
    y[n] = m;
    where[n] = best;
}

// v2, for windows of 2 x 2 that touch, and a width that is a multiple of 4 (what networks use): one thread two outputs. It reads four
// neighbours of two rows in one load each, and divides three times for two outputs instead of four times for one.
extern "C" __global__ void max_pool_v2(const float* x, float* y, int* where, int planes, int height, int width) {
    int rows = height / 2, pairs = width / 4, n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * pairs) return;
    int c = n % pairs, line = n / pairs, plane = line / rows, r = line % rows;
    const float4* from = reinterpret_cast<const float4*>(x) + (plane * height + 2 * r) * pairs + c;
    float4 top = from[0], bottom = from[pairs];
    int place = 2 * r * width + 4 * c;
    float m0 = top.x, m1 = top.z;
    int2 best = {place, place + 2};
    if (top.y > m0) m0 = top.y, best.x = place + 1;
    if (bottom.x > m0) m0 = bottom.x, best.x = place + width;
    if (bottom.y > m0) m0 = bottom.y, best.x = place + width + 1;
    if (top.w > m1) m1 = top.w, best.y = place + 3;
    if (bottom.z > m1) m1 = bottom.z, best.y = place + width + 2;
    if (bottom.w > m1) m1 = bottom.w, best.y = place + width + 3;
    reinterpret_cast<float2*>(y)[n] = make_float2(m0, m1);
    reinterpret_cast<int2*>(where)[n] = best;
}

// Its gradient, v1: one thread an output sends its gradient to the place it came from. Windows may overlap, so atomically; dx must
// be 0 before.
extern "C" __global__ void max_pool_backward_v1(const float* dy, const int* where, float* dx, int planes, int height, int width,
                                                int size, int stride) {
    int rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * columns) return;
    atomicAdd(&dx[n / (rows * columns) * height * width + where[n]], dy[n]);
}

// v2: one thread an input asks the windows that cover it whether it was their maximum. More reads, but no atomics, and so the
// same bits each time.
extern "C" __global__ void max_pool_backward_v2(const float* dy, const int* where, float* dx, int planes, int height, int width,
                                                int size, int stride) {
    int rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * height * width) return;
    int plane = n / (height * width), place = n % (height * width), at = place / width, across = place % width;
    int first_r = at < size ? 0 : (at - size) / stride + 1, first_c = across < size ? 0 : (across - size) / stride + 1;
    float sum = 0.0f;
    for (int r = first_r; r < rows && r * stride <= at; r++) {
        for (int c = first_c; c < columns && c * stride <= across; c++) {
            int out = (plane * rows + r) * columns + c;
            if (where[out] == place) sum += dy[out];
        }
    }
    dx[n] = sum;
}

// Average, v1: one thread an output.
extern "C" __global__ void avg_pool_v1(const float* x, float* y, int planes, int height, int width, int size, int stride) {
    int rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * columns) return;
    int plane = n / (rows * columns), r = n / columns % rows, c = n % columns;
    float sum = 0.0f;
    for (int u = 0; u < size; u++) {
        for (int v = 0; v < size; v++) sum += x[(plane * height + r * stride + u) * width + c * stride + v];
    }
    y[n] = sum / (size * size);
}

// v2: as max_pool_v2.
extern "C" __global__ void avg_pool_v2(const float* x, float* y, int planes, int height, int width) {
    int rows = height / 2, pairs = width / 4, n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * pairs) return;
    int c = n % pairs, line = n / pairs, plane = line / rows, r = line % rows;
    const float4* from = reinterpret_cast<const float4*>(x) + (plane * height + 2 * r) * pairs + c;
    float4 top = from[0], bottom = from[pairs];
    float left = top.x + top.y + bottom.x + bottom.y, right = top.z + top.w + bottom.z + bottom.w;
    reinterpret_cast<float2*>(y)[n] = make_float2(0.25f * left, 0.25f * right);
}

// Its gradient, v1: one thread an input adds up what the windows that cover it send.
extern "C" __global__ void avg_pool_backward_v1(const float* dy, float* dx, int planes, int height, int width, int size,
                                                int stride) {
    int rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * height * width) return;
    int plane = n / (height * width), at = n / width % height, across = n % width;
    int first_r = at < size ? 0 : (at - size) / stride + 1, first_c = across < size ? 0 : (across - size) / stride + 1;
    float sum = 0.0f;
    for (int r = first_r; r < rows && r * stride <= at; r++) {
        for (int c = first_c; c < columns && c * stride <= across; c++) sum += dy[(plane * rows + r) * columns + c];
    }
    dx[n] = sum / (size * size);
}

// v2, for such windows and an even height: one thread sends two gradients to eight places, in two stores.
extern "C" __global__ void avg_pool_backward_v2(const float* dy, float* dx, int planes, int height, int width) {
    int rows = height / 2, pairs = width / 4, n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= planes * rows * pairs) return;
    int c = n % pairs, line = n / pairs, plane = line / rows, r = line % rows;
    float2 g = reinterpret_cast<const float2*>(dy)[n];
    float4 spread = make_float4(0.25f * g.x, 0.25f * g.x, 0.25f * g.y, 0.25f * g.y);
    float4* to = reinterpret_cast<float4*>(dx) + (plane * height + 2 * r) * pairs + c;
    to[0] = spread;
    to[pairs] = spread;
}
