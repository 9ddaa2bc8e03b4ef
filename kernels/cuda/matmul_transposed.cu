// The two products that the gradients of c = a b ask for: da = dc b^T and db = a^T dc. Without transposing anything in memory.

// c = a b^T: a [m, k], b [n, k], c [m, n]. v1: one thread an element.
extern "C" __global__ void matmul_nt_v1(const float* a, const float* b, float* c, int m, int n, int k) {
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    float sum = 0.0f;
    for (int i = 0; i < k; i++) sum += a[row * k + i] * b[column * k + i];
    c[row * n + column] = sum;
}

// v2: tiles. The tile of b is loaded along its rows, as it lies in memory, and read across: a row of 17 words lets the 16
// readers of a column meet different banks.
constexpr int TILE = 16;
extern "C" __global__ void matmul_nt_v2(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * TILE + y, b_row = blockIdx.x * TILE + y, column = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int start = 0; start < k; start += TILE) {
        a_tile[y][x] = row < m && start + x < k ? a[row * k + start + x] : 0.0f;
        b_tile[y][x] = b_row < n && start + x < k ? b[b_row * k + start + x] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; i++) sum += a_tile[y][i] * b_tile[x][i];
        __syncthreads();
    }
    if (row < m && column < n) c[row * n + column] = sum;
}

// c = a^T b: a [k, m], b [k, n], c [m, n]. v1: one thread an element.
extern "C" __global__ void matmul_tn_v1(const float* a, const float* b, float* c, int m, int n, int k) {
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    float sum = 0.0f;
    for (int i = 0; i < k; i++) sum += a[i * m + row] * b[i * n + column];
    c[row * n + column] = sum;
}

// v2: tiles, both loaded along the rows of memory.
extern "C" __global__ void matmul_tn_v2(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float a_tile[TILE][TILE + 1], b_tile[TILE][TILE + 1];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * TILE + y, a_column = blockIdx.y * TILE + x, column = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int start = 0; start < k; start += TILE) {
        a_tile[y][x] = start + y < k && a_column < m ? a[(start + y) * m + a_column] : 0.0f;
        b_tile[y][x] = start + y < k && column < n ? b[(start + y) * n + column] : 0.0f;
        __syncthreads();
        for (int i = 0; i < TILE; i++) sum += a_tile[i][y] * b_tile[i][x];
        __syncthreads();
    }
    if (row < m && column < n) c[row * n + column] = sum;
}
