// Transposition, y[c][r] = x[r][c] with x [rows, columns], and casts between f32 and bf16.
#include <cuda_bf16.h>

// v1: one thread an element. Neighbouring threads read neighbours, but write `rows` apart: 32 accesses where one would do.
extern "C" __global__ void transpose_v1(const float* x, float* y, int rows, int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row < rows && column < columns) y[column * rows + row] = x[row * columns + column];
}

// v2, through a tile in shared memory: the block reads 32 x 32 elements along rows of x and writes them along rows of y; only
// in between, where it costs less, are they read down a column. A block of 32 x 8 threads makes four steps.
extern "C" __global__ void transpose_v2(const float* x, float* y, int rows, int columns) {
    __shared__ float tile[32][32];
    int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
        if (row + i < rows && column < columns) tile[threadIdx.y + i][threadIdx.x] = x[(row + i) * columns + column];
    }
    __syncthreads();
    int to_column = blockIdx.y * 32 + threadIdx.x, to_row = blockIdx.x * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
        if (to_row + i < columns && to_column < rows) {
            y[(to_row + i) * rows + to_column] = tile[threadIdx.x][threadIdx.y + i];
        }
    }
}

// v3: one column more. Shared memory has 32 banks, word w in bank w % 32. In v2 a column of the tile lies in one single bank, and
// the 32 lanes that read it wait for each other. With rows of 33 words the column goes through all banks.
extern "C" __global__ void transpose_v3(const float* x, float* y, int rows, int columns) {
    __shared__ float tile[32][33];
    int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
        if (row + i < rows && column < columns) tile[threadIdx.y + i][threadIdx.x] = x[(row + i) * columns + column];
    }
    __syncthreads();
    int to_column = blockIdx.y * 32 + threadIdx.x, to_row = blockIdx.x * 32 + threadIdx.y;
    for (int i = 0; i < 32; i += 8) {
        if (to_row + i < columns && to_column < rows) {
            y[(to_row + i) * rows + to_column] = tile[threadIdx.x][threadIdx.y + i];
        }
    }
}

// f32 to bf16, rounded to nearest, ties to even. v1: one thread an element.
extern "C" __global__ void to_bf16_v1(const float* x, __nv_bfloat16* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = __float2bfloat16(x[i]);
}

// v2: two elements a thread, so that 32 lanes write 128 bytes and not 64.
extern "C" __global__ void to_bf16_v2(const float* x, __nv_bfloat16* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (2 * i + 1 < n) {
        float2 v = reinterpret_cast<const float2*>(x)[i];
        reinterpret_cast<__nv_bfloat162*>(y)[i] = __floats2bfloat162_rn(v.x, v.y);
    } else if (2 * i < n) {
        y[2 * i] = __float2bfloat16(x[2 * i]);
    }
}

// bf16 to f32, which is exact.
extern "C" __global__ void from_bf16_v1(const __nv_bfloat16* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = __bfloat162float(x[i]);
}

// v2: two elements a thread.
extern "C" __global__ void from_bf16_v2(const __nv_bfloat16* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (2 * i + 1 < n) {
        __nv_bfloat162 v = reinterpret_cast<const __nv_bfloat162*>(x)[i];
        reinterpret_cast<float2*>(y)[i] = make_float2(__bfloat162float(v.x), __bfloat162float(v.y));
    } else if (2 * i < n) {
        y[2 * i] = __bfloat162float(x[2 * i]);
    }
}
