// Convolution (cross-correlation, as everywhere in deep learning): x [batch, in, height, width], weight [out, in, size, size],
// y [batch, out, rows, columns] with rows = (height + 2 padding - size) / stride + 1, columns likewise:
//
//     y[b][o][r][c] = sum over i, u, v of weight[o][i][u][v] x[b][i][r stride + u - padding][c stride + v - padding]
//
// where x is 0 outside. v1 of each direction is this sum, one thread an element. v2 sees that it is a matrix product whose right
// matrix is never written down ("implicit"): its element is looked up in x when a tile wants it.

struct Shape {
    int batch, in, height, width, out, size, stride, padding, rows, columns;
};
__device__ __forceinline__ Shape shape_of(int batch, int in, int height, int width, int out, int size, int stride, int padding) {
    return {batch, in, height, width, out, size, stride, padding, (height + 2 * padding - size) / stride + 1,
            (width + 2 * padding - size) / stride + 1};
}

// x[b][i][r stride + u - padding][c stride + v - padding], 0 outside.
__device__ __forceinline__ float patch(const float* x, const Shape& s, int b, int i, int r, int c, int u, int v) {
    int y0 = r * s.stride + u - s.padding, x0 = c * s.stride + v - s.padding;
    if (y0 < 0 || y0 >= s.height || x0 < 0 || x0 >= s.width) return 0.0f;
    return x[((b * s.in + i) * s.height + y0) * s.width + x0];
}

// The element of dy that input row `at`, column `across` met at place (u, v) of the weight, 0 if there is none.
__device__ __forceinline__ float met(const float* dy, const Shape& s, int b, int o, int at, int across, int u, int v) {
    int r = at + s.padding - u, c = across + s.padding - v;
    if (r < 0 || c < 0 || r % s.stride != 0 || c % s.stride != 0) return 0.0f;
    r /= s.stride;
    c /= s.stride;
    return r < s.rows && c < s.columns ? dy[((b * s.out + o) * s.rows + r) * s.columns + c] : 0.0f;
}

// Element (row, column) of the product of two matrices that exist only as functions: left(row, i), right(i, column), for
// i < k. As matmul_v2 in matmul.cu, with a block of 16 x 16 threads; `inside` says whether (row, column) is wanted.
template <class Left, class Right> __device__ float tiled(Left left, Right right, bool row_inside, bool column_inside, int k) {
    __shared__ float a[16][17], b[16][17];
    int x = threadIdx.x, y = threadIdx.y;
    float sum = 0.0f;
    for (int start = 0; start < k; start += 16) {
        a[y][x] = row_inside && start + x < k ? left(start + x) : 0.0f;
        b[y][x] = column_inside && start + y < k ? right(start + y) : 0.0f;
        __syncthreads();
        for (int i = 0; i < 16; i++) sum += a[y][i] * b[i][x];
        __syncthreads();
    }
    return sum;
}

// Forward, v1: one thread an element of y.
extern "C" __global__ void conv_v1(const float* x, const float* weight, float* y, int batch, int in, int height, int width,
                                   int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= batch * out * s.rows * s.columns) return;
    int c = n % s.columns, r = n / s.columns % s.rows, o = n / (s.columns * s.rows) % out, b = n / (s.columns * s.rows * out);
    float sum = 0.0f;
    for (int i = 0; i < in; i++) {
        for (int u = 0; u < size; u++) {
            for (int v = 0; v < size; v++) {
                sum += weight[((o * in + i) * size + u) * size + v] * patch(x, s, b, i, r, c, u, v);
            }
        }
    }
    y[n] = sum;
}

// Forward, v2, implicit matrix product: [out, in size size] times [in size size, batch rows columns].
extern "C" __global__ void conv_v2(const float* x, const float* weight, float* y, int batch, int in, int height, int width,
                                   int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int area = s.rows * s.columns, k = in * size * size;
    int column = blockIdx.x * 16 + threadIdx.x, o = blockIdx.y * 16 + threadIdx.y;
    int b = column / area, r = column % area / s.columns, c = column % s.columns;
    auto left = [&](int i) { return weight[o * k + i]; };
    auto right = [&](int i) { return patch(x, s, b, i / (size * size), r, c, i / size % size, i % size); };
    float sum = tiled(left, right, o < out, column < batch * area, k);
    if (o < out && column < batch * area) y[(b * out + o) * area + column % area] = sum;
}

// Gradient to the data, v1: one thread an element of dx looks up the outputs that it went into.
extern "C" __global__ void conv_backward_data_v1(const float* dy, const float* weight, float* dx, int batch, int in, int height,
                                                 int width, int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= batch * in * height * width) return;
    int across = n % width, at = n / width % height, i = n / (width * height) % in, b = n / (width * height * in);
    float sum = 0.0f;
    for (int o = 0; o < out; o++) {
        for (int u = 0; u < size; u++) {
            for (int v = 0; v < size; v++) {
                sum += weight[((o * in + i) * size + u) * size + v] * met(dy, s, b, o, at, across, u, v);
            }
        }
    }
    dx[n] = sum;
}

// Gradient to the data, v2, implicit: [in, out size size] times [out size size, batch height width].
extern "C" __global__ void conv_backward_data_v2(const float* dy, const float* weight, float* dx, int batch, int in, int height,
                                                 int width, int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int area = height * width, square = size * size;
    int column = blockIdx.x * 16 + threadIdx.x, i = blockIdx.y * 16 + threadIdx.y;
    int b = column / area, at = column % area / width, across = column % width;
    auto left = [&](int j) { return weight[(j / square * in + i) * square + j % square]; };
    auto right = [&](int j) { return met(dy, s, b, j / square, at, across, j / size % size, j % size); };
    float sum = tiled(left, right, i < in, column < batch * area, out * square);
    if (i < in && column < batch * area) dx[(b * in + i) * area + column % area] = sum;
}

// Gradient to the weight, v1: one thread a weight sums over the batch and all places.
extern "C" __global__ void conv_backward_weight_v1(const float* dy, const float* x, float* dweight, int batch, int in,
                                                   int height, int width, int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int n = blockIdx.x * blockDim.x + threadIdx.x;
    if (n >= out * in * size * size) return;
    int v = n % size, u = n / size % size, i = n / (size * size) % in, o = n / (size * size * in);
    float sum = 0.0f;
    for (int b = 0; b < batch; b++) {
        for (int r = 0; r < s.rows; r++) {
            for (int c = 0; c < s.columns; c++) {
                sum += dy[((b * out + o) * s.rows + r) * s.columns + c] * patch(x, s, b, i, r, c, u, v);
            }
        }
    }
    dweight[n] = sum;
}

// Gradient to the weight, v2, implicit: [out, batch rows columns] times [batch rows columns, in size size].
extern "C" __global__ void conv_backward_weight_v2(const float* dy, const float* x, float* dweight, int batch, int in,
                                                   int height, int width, int out, int size, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, size, stride, padding);
    int area = s.rows * s.columns, k = in * size * size;
    int column = blockIdx.x * 16 + threadIdx.x, o = blockIdx.y * 16 + threadIdx.y;
    int i = column / (size * size), u = column / size % size, v = column % size;
    auto left = [&](int j) { return dy[(j / area * out + o) * area + j % area]; };
    auto right = [&](int j) { return patch(x, s, j / area, i, j % area / s.columns, j % s.columns, u, v); };
    float sum = tiled(left, right, o < out, column < k, batch * area);
    if (o < out && column < k) dweight[o * k + column] = sum;
}
