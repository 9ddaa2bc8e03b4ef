// Matrix product in f32: c = a b with a [m, k], b [k, n], c [m, n], all row by row.
//
// 2mnk operations on mk + kn + mn numbers: each number is used many times, so the ladder is about where it waits between two
// uses. From memory each time (v1), from shared memory (v2), from registers (v3 and later).

// v1: one thread an element of c. Every thread reads a row of a and a column of b from memory: 2k loads for 2k operations.
extern "C" __global__ void matmul_v1(const float* a, const float* b, float* c, int m, int n, int k) {
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    float sum = 0.0f;
    for (int i = 0; i < k; i++) sum += a[row * k + i] * b[i * n + column];
    c[row * n + column] = sum;
}

// v2, tiles in shared memory: the block loads a tile of a and a tile of b once, and each of its threads uses 16 numbers of
// either: 16 times fewer loads from memory. Elements beyond the edge are loaded as 0, so that the inner loop needs no test and
// all threads reach the barriers. The second barrier keeps a fast thread from overwriting what a slow one still reads.
constexpr int TILE = 16;
extern "C" __global__ void matmul_v2(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float a_tile[TILE][TILE], b_tile[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y;
    int column = blockIdx.x * TILE + x, row = blockIdx.y * TILE + y;
    float sum = 0.0f;
    for (int start = 0; start < k; start += TILE) {
        a_tile[y][x] = row < m && start + x < k ? a[row * k + start + x] : 0.0f;
        b_tile[y][x] = start + y < k && column < n ? b[(start + y) * n + column] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; i++) sum += a_tile[y][i] * b_tile[i][x];
        __syncthreads();
    }
    if (row < m && column < n) c[row * n + column] = sum;
}

// v3, register blocks: in v2 every multiplication reads two numbers from shared memory, and that is the bottleneck now. Here
// a thread computes 4 x 4 elements of c: for each i it reads 4 + 4 numbers and multiplies 16 times. A block of 256 threads
// makes a tile of 64 x 64, 8 columns of a at a time.
extern "C" __global__ void __launch_bounds__(256) matmul_v3(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float a_tile[64][8 + 1], b_tile[8][64]; // one column more: rows of a_tile then begin in different banks
    int t = threadIdx.x, x = t % 16, y = t / 16;
    int row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
    float sum[4][4] = {};
    for (int start = 0; start < k; start += 8) {
        for (int i = t; i < 64 * 8; i += 256) {
            int row = row0 + i / 8, column = start + i % 8;
            a_tile[i / 8][i % 8] = row < m && column < k ? a[row * k + column] : 0.0f;
        }
        for (int i = t; i < 8 * 64; i += 256) {
            int row = start + i / 64, column = column0 + i % 64;
            b_tile[i / 64][i % 64] = row < k && column < n ? b[row * n + column] : 0.0f;
        }
        __syncthreads();
        for (int i = 0; i < 8; i++) {
            float left[4], right[4];
            for (int r = 0; r < 4; r++) left[r] = a_tile[4 * y + r][i];
            for (int s = 0; s < 4; s++) right[s] = b_tile[i][x + 16 * s];
            for (int r = 0; r < 4; r++) {
                for (int s = 0; s < 4; s++) sum[r][s] += left[r] * right[s];
            }
        }
        __syncthreads();
    }
    for (int r = 0; r < 4; r++) {
        for (int s = 0; s < 4; s++) {
            int row = row0 + 4 * y + r, column = column0 + x + 16 * s;
            if (row < m && column < n) c[row * n + column] = sum[r][s];
        }
    }
}

// Four neighbours of a row, zeros beyond the edge of a matrix [rows, columns]. One load if they are there and aligned: with
// columns a multiple of 4 every fourth element is.
__device__ __forceinline__ float4 load4(const float* from, int row, int column, int rows, int columns) {
    if (row >= rows) return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    const float* p = from + row * columns + column;
    if (columns % 4 == 0 && column < columns) return *reinterpret_cast<const float4*>(p);
    return make_float4(column < columns ? p[0] : 0.0f, column + 1 < columns ? p[1] : 0.0f,
                       column + 2 < columns ? p[2] : 0.0f, column + 3 < columns ? p[3] : 0.0f);
}

__device__ __forceinline__ void store4(float* to, float4 v, int row, int column, int rows, int columns) {
    if (row >= rows) return;
    float* p = to + row * columns + column;
    if (columns % 4 == 0 && column < columns) {
        *reinterpret_cast<float4*>(p) = v;
        return;
    }
    if (column < columns) p[0] = v.x;
    if (column + 1 < columns) p[1] = v.y;
    if (column + 2 < columns) p[2] = v.z;
    if (column + 3 < columns) p[3] = v.w;
}

// One step of v4 and v5: 8 x 8 sums of a thread from row i of both tiles. A thread's columns are 4x .. 4x + 3 and 64 further
// on: so the float4 of neighbouring threads lie side by side, and no two lanes want the same bank.
__device__ __forceinline__ void multiply(float (&sum)[8][8], float4 a0, float4 a1, float4 b0, float4 b1) {
    float left[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
    float right[8] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
    for (int r = 0; r < 8; r++) {
#pragma unroll
        for (int s = 0; s < 8; s++) sum[r][s] = fmaf(left[r], right[s], sum[r][s]);
    }
}

__device__ __forceinline__ void store_sums(float (&sum)[8][8], float* c, int row, int column, int m, int n) {
#pragma unroll
    for (int r = 0; r < 8; r++) {
        store4(c, make_float4(sum[r][0], sum[r][1], sum[r][2], sum[r][3]), row + r, column, m, n);
        store4(c, make_float4(sum[r][4], sum[r][5], sum[r][6], sum[r][7]), row + r, column + 64, m, n);
    }
}

// v4, vector loads and a transposed tile: 8 x 8 sums a thread, a tile of 128 x 128 a block. The tile of a is stored
// transposed, so that the eight numbers of a column lie side by side and arrive in two loads of a float4, as those of b do.
extern "C" __global__ void __launch_bounds__(256) matmul_v4(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ __align__(16) float a_tile[8][128], b_tile[8][128];
    int t = threadIdx.x, x = t % 16, y = t / 16;
    int row0 = blockIdx.y * 128, column0 = blockIdx.x * 128;
    int a_row = t / 2, a_column = t % 2 * 4, b_row = t / 32, b_column = t % 32 * 4;
    float sum[8][8] = {};
    for (int start = 0; start < k; start += 8) {
        float4 v = load4(a, row0 + a_row, start + a_column, m, k);
        a_tile[a_column][a_row] = v.x;
        a_tile[a_column + 1][a_row] = v.y;
        a_tile[a_column + 2][a_row] = v.z;
        a_tile[a_column + 3][a_row] = v.w;
        *reinterpret_cast<float4*>(&b_tile[b_row][b_column]) = load4(b, start + b_row, column0 + b_column, k, n);
        __syncthreads();
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const float4* left = reinterpret_cast<const float4*>(&a_tile[i][8 * y]);
            const float4* right = reinterpret_cast<const float4*>(&b_tile[i][4 * x]);
            multiply(sum, left[0], left[1], right[0], right[16]);
        }
        __syncthreads();
    }
    store_sums(sum, c, row0 + 8 * y, column0 + 4 * x, m, n);
}

// v5, double-buffered: while a tile is multiplied, the next one is already on its way from memory to registers; it is then
// put into the other of two buffers. So the multiplications hide the time of the loads, and one barrier a step is enough:
// nobody writes to the buffer that the others still read.
extern "C" __global__ void __launch_bounds__(256) matmul_v5(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ __align__(16) float a_tile[2][8][128], b_tile[2][8][128];
    int t = threadIdx.x, x = t % 16, y = t / 16;
    int row0 = blockIdx.y * 128, column0 = blockIdx.x * 128;
    int a_row = t / 2, a_column = t % 2 * 4, b_row = t / 32, b_column = t % 32 * 4;
    float sum[8][8] = {};
    float4 next_a = load4(a, row0 + a_row, a_column, m, k);
    float4 next_b = load4(b, b_row, column0 + b_column, k, n);
    for (int start = 0, buffer = 0; start < k; start += 8, buffer ^= 1) {
        a_tile[buffer][a_column][a_row] = next_a.x;
        a_tile[buffer][a_column + 1][a_row] = next_a.y;
        a_tile[buffer][a_column + 2][a_row] = next_a.z;
        a_tile[buffer][a_column + 3][a_row] = next_a.w;
        *reinterpret_cast<float4*>(&b_tile[buffer][b_row][b_column]) = next_b;
        __syncthreads();
        if (start + 8 < k) {
            next_a = load4(a, row0 + a_row, start + 8 + a_column, m, k);
            next_b = load4(b, start + 8 + b_row, column0 + b_column, k, n);
        }
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const float4* left = reinterpret_cast<const float4*>(&a_tile[buffer][i][8 * y]);
            const float4* right = reinterpret_cast<const float4*>(&b_tile[buffer][i][4 * x]);
            multiply(sum, left[0], left[1], right[0], right[16]);
        }
    }
    store_sums(sum, c, row0 + 8 * y, column0 + 4 * x, m, n);
}
