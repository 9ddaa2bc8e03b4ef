// Convolution with a weight of 3 x 3 on tensor cores: x, weight and dy in bf16, the sums and the result in f32. The formulas are those of conv.cu;
// each direction is a matrix product c = a b [m, n], of which one factor or both exist as functions only ("implicit"):
//
//     forward           y  [out, batch rows columns]  = weight [out, in 9]                   patches of x [in 9, batch rows columns]
//     gradient to data  dx [in, batch height width]   = weight, turned [in, out 9]           what dy met  [out 9, batch height width]
//     gradient to w.    dw [out, in 9]                = dy [out, batch rows columns]         patches of x [batch rows columns, in 9]
//
// A factor is a struct with two functions. `at(i)` works out what an index needs (divisions by sizes are slow) and `get(at, j)` looks up
// the element. For a the fixed index is the one along k; for b it is the column, or the one along k where `ALONG_K` says so:
// neighbouring threads then take neighbouring elements of memory.
#include <cuda_bf16.h>
#include "mma.cuh"

constexpr int SIZE = 3, SQUARE = SIZE * SIZE;

struct Shape {
    int batch, in, height, width, out, stride, padding, rows, columns;
};
__device__ __forceinline__ Shape shape_of(int batch, int in, int height, int width, int out, int stride, int padding) {
    return {batch, in, height, width, out, stride, padding, (height + 2 * padding - SIZE) / stride + 1,
            (width + 2 * padding - SIZE) / stride + 1};
}

// A place in an image, or the channel and element of a weight.
struct Place {
    int image, row, column;
};

// Forward: a is the weight as it lies in memory.
struct Weight {
    const __nv_bfloat16* weight;
    int k;
    __device__ int at(int i) const { return i; }
    __device__ __nv_bfloat16 get(int i, int o) const { return weight[o * k + i]; }
};
// b: element u, v of the window that output (b, r, c) looks at, in channel i.
struct Patches {
    static constexpr bool ALONG_K = false;
    const __nv_bfloat16* x;
    Shape s;
    __device__ Place at(int column) const {
        int area = s.rows * s.columns, rest = column % area;
        return {column / area * s.in, rest / s.columns * s.stride - s.padding, rest % s.columns * s.stride - s.padding};
    }
    __device__ __nv_bfloat16 get(Place p, int i) const {
        int row = p.row + i % SQUARE / SIZE, column = p.column + i % SIZE;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width) return __float2bfloat16(0.0f);
        return x[((p.image + i / SQUARE) * s.height + row) * s.width + column];
    }
};

// Gradient to the data: a takes the weight with in and out exchanged.
struct TurnedWeight {
    const __nv_bfloat16* weight;
    int in;
    __device__ Place at(int j) const { return {j / SQUARE * in, 0, j % SQUARE}; }
    __device__ __nv_bfloat16 get(Place p, int i) const { return weight[(p.image + i) * SQUARE + p.column]; }
};
// b: the element of dy that pixel (b, row, column) met at place u, v of the weight, in channel o.
struct Met {
    static constexpr bool ALONG_K = false;
    const __nv_bfloat16* dy;
    Shape s;
    __device__ Place at(int pixel) const {
        int area = s.height * s.width, rest = pixel % area;
        return {pixel / area * s.out, rest / s.width + s.padding, rest % s.width + s.padding};
    }
    __device__ __nv_bfloat16 get(Place p, int j) const {
        int r = p.row - j % SQUARE / SIZE, c = p.column - j % SIZE;
        if (r < 0 || c < 0 || r % s.stride != 0 || c % s.stride != 0) return __float2bfloat16(0.0f);
        r /= s.stride;
        c /= s.stride;
        if (r >= s.rows || c >= s.columns) return __float2bfloat16(0.0f);
        return dy[((p.image + j / SQUARE) * s.rows + r) * s.columns + c];
    }
};

// Gradient to the weight: a is dy with the batch moved to the columns.
struct Outputs {
    const __nv_bfloat16* dy;
    int out, area;
    __device__ Place at(int j) const { return {j / area * out, 0, j % area}; }
    __device__ __nv_bfloat16 get(Place p, int o) const { return dy[(p.image + o) * area + p.column]; }
};
// b: the same patches, an output a row.
struct PatchRows {
    static constexpr bool ALONG_K = true;
    Patches patches;
    __device__ Place at(int j) const { return patches.at(j); }
    __device__ __nv_bfloat16 get(Place p, int i) const { return patches.get(p, i); }
};

// Where element (row, column) of the product goes: [batch, channels, area] with the batch among the columns, or row by row.
struct Image {
    float* to;
    int channels, area;
    __device__ void put(int row, int column, float value) const {
        to[(column / area * channels + row) * area + column % area] = value;
    }
};
struct Matrix {
    float* to;
    int columns;
    __device__ void put(int row, int column, float value) const { to[row * columns + column] = value; }
};

// The piece of 16 x 8 that mma_bf16 leaves in the lanes.
template <class To> __device__ __forceinline__ void put_piece(const To& to, const float (&sum)[4], int row0, int column0, int m, int n) {
    for (int i = 0; i < 4; i++) {
        int row = row0 + threadIdx.x % 32 / 4 + i / 2 * 8, column = column0 + threadIdx.x % 4 * 2 + i % 2;
        if (row < m && column < n) to.put(row, column, sum[i]);
    }
}

// v1: one warp a piece of 16 x 8, and each lane looks up the elements that the instruction wants of it.
template <class A, class B, class To> __device__ void plain(const A& a, const B& b, const To& to, int m, int n, int k) {
    int g = threadIdx.x / 4, t = threadIdx.x % 4, row0 = blockIdx.y * 16, column0 = blockIdx.x * 8;
    const __nv_bfloat16 zero = __float2bfloat16(0.0f);
    auto left = [&](int row, int i) { return row < m && i < k ? a.get(a.at(i), row) : zero; };
    auto right = [&](int i, int column) {
        if (i >= k || column >= n) return zero;
        return B::ALONG_K ? b.get(b.at(i), column) : b.get(b.at(column), i);
    };
    float sum[4] = {};
    for (int start = 0; start < k; start += 16) {
        unsigned from_a[4], from_b[2];
        for (int j = 0; j < 4; j++) {
            int row = row0 + g + j % 2 * 8, i = start + 2 * t + j / 2 * 8;
            from_a[j] = pack(left(row, i), left(row, i + 1));
        }
        for (int j = 0; j < 2; j++) {
            int i = start + 2 * t + j * 8;
            from_b[j] = pack(right(i, column0 + g), right(i + 1, column0 + g));
        }
        mma_bf16(sum, from_a, from_b);
    }
    put_piece(to, sum, row0, column0, m, n);
}

// v2: tiles in shared memory. A block of four warps makes 64 x 64 of the product, a warp 32 x 32, in steps of 32 along k. While one pair of tiles
// is multiplied, the elements of the next are looked up and wait in registers; they go to the other of two buffers. A tile of b lies
// row by row, or (ALONG_K) column by column, so that neighbouring threads also write neighbouring words.
constexpr int A_ROW = 40, B_ROW = 72, A_TILE = 64 * A_ROW, B_TILE = 64 * A_ROW; // 64 rows of 40 or 32 of 72

template <class A, class B>
__device__ __forceinline__ void fetch(const A& a, const B& b, __nv_bfloat16 (&va)[16], __nv_bfloat16 (&vb)[16], int row0,
                                      int column0, int start, int m, int n, int k) {
    int t = threadIdx.x, i = start + t % 32;
    const __nv_bfloat16 zero = __float2bfloat16(0.0f);
    auto place = a.at(i);
#pragma unroll
    for (int j = 0; j < 16; j++) {
        int row = row0 + t / 32 + 4 * j;
        va[j] = i < k && row < m ? a.get(place, row) : zero;
    }
    if constexpr (B::ALONG_K) {
        auto place = b.at(i);
#pragma unroll
        for (int j = 0; j < 16; j++) {
            int column = column0 + t / 32 + 4 * j;
            vb[j] = i < k && column < n ? b.get(place, column) : zero;
        }
    } else {
        int column = column0 + t % 64;
        auto place = b.at(column);
#pragma unroll
        for (int j = 0; j < 16; j++) {
            int i = start + t / 64 + 2 * j;
            vb[j] = i < k && column < n ? b.get(place, i) : zero;
        }
    }
}

// Rounds first .. last of the product, a round being 32 steps along k.
template <class A, class B, class To>
__device__ void tiled(const A& a, const B& b, const To& to, int m, int n, int k, int first, int last) {
    __shared__ __align__(128) __nv_bfloat16 a_tile[2][A_TILE];
    __shared__ __align__(128) __nv_bfloat16 b_tile[2][B_TILE];
    int t = threadIdx.x, lane = t % 32, warp = t / 32, row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
    int top = warp / 2 * 32, left = warp % 2 * 32; // the part of this warp
    float sum[2][4][4] = {};
    __nv_bfloat16 va[16], vb[16];
    if (first < last) fetch(a, b, va, vb, row0, column0, first * 32, m, n, k);
    for (int round = first, buffer = 0; round < last; round++, buffer ^= 1) {
#pragma unroll
        for (int j = 0; j < 16; j++) {
            a_tile[buffer][(t / 32 + 4 * j) * A_ROW + t % 32] = va[j];
            b_tile[buffer][B::ALONG_K ? (t / 32 + 4 * j) * A_ROW + t % 32 : (t / 64 + 2 * j) * B_ROW + t % 64] = vb[j];
        }
        __syncthreads();
        if (round + 1 < last) fetch(a, b, va, vb, row0, column0, (round + 1) * 32, m, n, k);
#pragma unroll
        for (int i = 0; i < 32; i += 16) {
            unsigned from_a[2][4], from_b[2][4];
#pragma unroll
            for (int r = 0; r < 2; r++) {
                load_matrices(from_a[r], &a_tile[buffer][(top + 16 * r + lane % 16) * A_ROW + i + lane / 16 * 8]);
            }
#pragma unroll
            for (int s = 0; s < 2; s++) {
                int column = left + 16 * s;
                if constexpr (B::ALONG_K) {
                    load_matrices(from_b[s],
                                  &b_tile[buffer][(column + lane / 16 * 8 + lane % 8) * A_ROW + i + lane / 8 % 2 * 8]);
                } else {
                    load_matrices_transposed(from_b[s], &b_tile[buffer][(i + lane % 16) * B_ROW + column + lane / 16 * 8]);
                }
            }
#pragma unroll
            for (int r = 0; r < 2; r++) {
#pragma unroll
                for (int s = 0; s < 4; s++) mma_bf16(sum[r][s], from_a[r], &from_b[s / 2][s % 2 * 2]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
#pragma unroll
        for (int s = 0; s < 4; s++) put_piece(to, sum[r][s], row0 + top + 16 * r, column0 + left + 8 * s, m, n);
    }
}

// Forward.
extern "C" __global__ void conv_bf16_v1(const __nv_bfloat16* x, const __nv_bfloat16* weight, float* y, int batch, int in, int height,
                                        int width, int out, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    int area = s.rows * s.columns, k = in * SQUARE;
    plain(Weight{weight, k}, Patches{x, s}, Image{y, out, area}, out, batch * area, k);
}
extern "C" __global__ void __launch_bounds__(128) conv_bf16_v2(const __nv_bfloat16* x, const __nv_bfloat16* weight, float* y,
                                                               int batch, int in, int height, int width, int out, int stride,
                                                               int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    int area = s.rows * s.columns, k = in * SQUARE;
    tiled(Weight{weight, k}, Patches{x, s}, Image{y, out, area}, out, batch * area, k, 0, (k + 31) / 32);
}

// Gradient to the data.
extern "C" __global__ void conv_backward_data_bf16_v1(const __nv_bfloat16* dy, const __nv_bfloat16* weight, float* dx, int batch, int in,
                                                      int height, int width, int out, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    plain(TurnedWeight{weight, in}, Met{dy, s}, Image{dx, in, height * width}, in, batch * height * width, out * SQUARE);
}
extern "C" __global__ void __launch_bounds__(128) conv_backward_data_bf16_v2(const __nv_bfloat16* dy, const __nv_bfloat16* weight,
                                                                             float* dx, int batch, int in, int height, int width,
                                                                             int out, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    int k = out * SQUARE;
    tiled(TurnedWeight{weight, in}, Met{dy, s}, Image{dx, in, height * width}, in, batch * height * width, k, 0, (k + 31) / 32);
}

// Gradient to the weight. The result is small and k, all places of all images, is long: few blocks would have all the work. So v2 cuts k
// into gridDim.z parts, each with a result of its own in `partial` [parts, out, in 9]; who launches it adds them up.
extern "C" __global__ void conv_backward_weight_bf16_v1(const __nv_bfloat16* dy, const __nv_bfloat16* x, float* dweight, int batch,
                                                        int in, int height, int width, int out, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    int area = s.rows * s.columns, n = in * SQUARE;
    plain(Outputs{dy, out, area}, PatchRows{{x, s}}, Matrix{dweight, n}, out, n, batch * area);
}
extern "C" __global__ void __launch_bounds__(128) conv_backward_weight_bf16_v2(const __nv_bfloat16* dy, const __nv_bfloat16* x,
                                                                               float* partial, int batch, int in, int height,
                                                                               int width, int out, int stride, int padding) {
    Shape s = shape_of(batch, in, height, width, out, stride, padding);
    int area = s.rows * s.columns, n = in * SQUARE, k = batch * area, rounds = (k + 31) / 32;
    int each = (rounds + gridDim.z - 1) / gridDim.z, first = blockIdx.z * each;
    tiled(Outputs{dy, out, area}, PatchRows{{x, s}}, Matrix{partial + blockIdx.z * out * n, n}, out, n, k, first,
          min(first + each, rounds));
}
