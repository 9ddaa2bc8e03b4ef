// Kernels that are wrong in exactly one way each, every one beside its right twin. One block of 64 threads unless the test
// says otherwise.

// ---- out of bounds: global memory
extern "C" __global__ void tail_wrong(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) y[i] = x[i];
}
extern "C" __global__ void tail_right(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i];
}

// ---- out of bounds: below the beginning
extern "C" __global__ void below_wrong(const float* x, float* y, int n) {
    int i = threadIdx.x;
    if (i < n) y[i] = x[i] - x[i - 1];
}
extern "C" __global__ void below_right(const float* x, float* y, int n) {
    int i = threadIdx.x;
    if (i < n) y[i] = i == 0 ? x[0] : x[i] - x[i - 1];
}

// ---- out of bounds: a column of a shared array that runs over into the next row
extern "C" __global__ void column_wrong(const float* x, float* y, int n) {
    __shared__ float tile[8][9];
    int row = threadIdx.x / 8, column = threadIdx.x % 8;
    tile[row][column + 2] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = tile[row][column + 2];
}
extern "C" __global__ void column_right(const float* x, float* y, int n) {
    __shared__ float tile[8][9];
    int row = threadIdx.x / 8, column = threadIdx.x % 8;
    tile[row][column + 1] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = tile[row][column + 1];
}

// ---- misaligned vector access
extern "C" __global__ void vector_wrong(const float* x, float* y, int n) {
    if (threadIdx.x != 0) return;
    float4 v = *reinterpret_cast<const float4*>(x + 1);
    y[0] = v.x + v.y + v.z + v.w;
}
extern "C" __global__ void vector_right(const float* x, float* y, int n) {
    if (threadIdx.x != 0) return;
    float4 v = *reinterpret_cast<const float4*>(x + 4);
    y[0] = v.x + v.y + v.z + v.w;
}

// ---- uninitialised shared memory
extern "C" __global__ void blank_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64];
    if (threadIdx.x > 0) tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x];
}
extern "C" __global__ void blank_right(const float* x, float* y, int n) {
    __shared__ float tile[64];
    tile[threadIdx.x] = threadIdx.x > 0 ? x[threadIdx.x] : 0.0f;
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x];
}

// ---- uninitialised global memory
extern "C" __global__ void sum_into_wrong(const float* x, float* y, int n) {
    atomicAdd(&y[0], x[threadIdx.x]); // y was never set to 0
}
extern "C" __global__ void sum_into_right(const float* x, float* y, int n) {
    if (threadIdx.x == 0) y[0] = 0.0f;
    __syncthreads();
    atomicAdd(&y[0], x[threadIdx.x]);
}

// ---- race: a write that others read, with no barrier between
extern "C" __global__ void reverse_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64];
    tile[threadIdx.x] = x[threadIdx.x];
    if (threadIdx.x >= 32) y[threadIdx.x] = tile[63 - threadIdx.x];
}
extern "C" __global__ void reverse_right(const float* x, float* y, int n) {
    __shared__ float tile[64];
    tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    if (threadIdx.x >= 32) y[threadIdx.x] = tile[63 - threadIdx.x];
}

// ---- race: a read, then a write of the next round, with no barrier between
extern "C" __global__ void rounds_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64];
    float sum = 0.0f;
    for (int round = 0; round < 2; round++) {
        tile[threadIdx.x] = x[threadIdx.x] + round;
        __syncthreads();
        sum += tile[(threadIdx.x + 1) % 64];
    }
    y[threadIdx.x] = sum;
}
extern "C" __global__ void rounds_right(const float* x, float* y, int n) {
    __shared__ float tile[64];
    float sum = 0.0f;
    for (int round = 0; round < 2; round++) {
        tile[threadIdx.x] = x[threadIdx.x] + round;
        __syncthreads();
        sum += tile[(threadIdx.x + 1) % 64];
        __syncthreads();
    }
    y[threadIdx.x] = sum;
}

// ---- race: within a warp, where a shuffle is not enough but __syncwarp is
extern "C" __global__ void warp_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64];
    int lane = threadIdx.x % 32, base = threadIdx.x - lane;
    tile[threadIdx.x] = x[threadIdx.x];
    float mine = __shfl_sync(0xffffffff, x[threadIdx.x], lane);
    y[threadIdx.x] = mine + tile[base + (lane + 1) % 32];
}
extern "C" __global__ void warp_right(const float* x, float* y, int n) {
    __shared__ float tile[64];
    int lane = threadIdx.x % 32, base = threadIdx.x - lane;
    tile[threadIdx.x] = x[threadIdx.x];
    __syncwarp();
    y[threadIdx.x] = x[threadIdx.x] + tile[base + (lane + 1) % 32];
}

// ---- race: two threads add to the same word of global memory
extern "C" __global__ void histogram_wrong(const float* x, float* y, int n) { y[threadIdx.x % 8] += x[threadIdx.x]; }
extern "C" __global__ void histogram_right(const float* x, float* y, int n) {
    atomicAdd(&y[threadIdx.x % 8], x[threadIdx.x]);
}

// ---- race: an atomic and a plain read of the same word
extern "C" __global__ void peek_wrong(const float* x, float* y, int n) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    atomicAdd(&count, 1);
    y[threadIdx.x] = count;
}
extern "C" __global__ void peek_right(const float* x, float* y, int n) {
    __shared__ int count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    atomicAdd(&count, 1);
    __syncthreads();
    y[threadIdx.x] = count;
}

// ---- race between blocks (two blocks): one writes what the other reads
extern "C" __global__ void blocks_wrong(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (blockIdx.x == 0) y[i] = x[i];
    if (blockIdx.x == 1) y[i] = y[i - 64];
}
extern "C" __global__ void blocks_right(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = x[i % 64];
}

// ---- race between blocks: both write the same word
extern "C" __global__ void flag_wrong(const float* x, float* y, int n) {
    if (threadIdx.x == 0) y[0] = 1.0f;
}
extern "C" __global__ void flag_right(const float* x, float* y, int n) {
    if (threadIdx.x == 0) y[blockIdx.x] = 1.0f;
}

// ---- divergent barrier: some threads have left
extern "C" __global__ void leave_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64];
    if (threadIdx.x >= 40) return;
    tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = tile[39 - threadIdx.x];
}
extern "C" __global__ void leave_right(const float* x, float* y, int n) {
    __shared__ float tile[64];
    if (threadIdx.x < 40) tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    if (threadIdx.x < 40) y[threadIdx.x] = tile[39 - threadIdx.x];
}

// ---- divergent barrier: two barriers in the branches of an if
extern "C" __global__ void branch_wrong(const float* x, float* y, int n) {
    if (threadIdx.x < 32) {
        y[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
    } else {
        __syncthreads();
        y[threadIdx.x] = y[threadIdx.x - 32];
    }
}
extern "C" __global__ void branch_right(const float* x, float* y, int n) {
    if (threadIdx.x < 32) y[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    if (threadIdx.x >= 32) y[threadIdx.x] = y[threadIdx.x - 32];
}

// ---- divergent warp: the mask names lanes that go to the barrier instead
extern "C" __global__ void mask_wrong(const float* x, float* y, int n) {
    float v = x[threadIdx.x];
    if (threadIdx.x % 32 < 16) v += __shfl_xor_sync(0xffffffff, v, 8);
    __syncthreads();
    y[threadIdx.x] = v;
}
extern "C" __global__ void mask_right(const float* x, float* y, int n) {
    float v = x[threadIdx.x];
    if (threadIdx.x % 32 < 16) v += __shfl_xor_sync(0x0000ffff, v, 8);
    __syncthreads();
    y[threadIdx.x] = v;
}

// ---- absent lane: the shuffle reads a lane that the mask does not name
extern "C" __global__ void lane_wrong(const float* x, float* y, int n) {
    float v = x[threadIdx.x];
    if (threadIdx.x % 32 < 16) v += __shfl_down_sync(0x0000ffff, v, 8);
    y[threadIdx.x] = v;
}
extern "C" __global__ void lane_right(const float* x, float* y, int n) {
    float v = x[threadIdx.x];
    if (threadIdx.x % 32 < 16) v += __shfl_down_sync(0x0000ffff, v, 8, 16);
    y[threadIdx.x] = v;
}

// ---- absent lane: it has left the kernel
extern "C" __global__ void gone_wrong(const float* x, float* y, int n) {
    if (threadIdx.x >= 40) return;
    y[threadIdx.x] = __shfl_down_sync(0xffffffff, x[threadIdx.x], 8);
}
extern "C" __global__ void gone_right(const float* x, float* y, int n) {
    float v = __shfl_down_sync(0xffffffff, x[threadIdx.x], 8);
    if (threadIdx.x < 40) y[threadIdx.x] = v;
}

// ---- limit: more static shared memory than a block may have
extern "C" __global__ void large_wrong(const float* x, float* y, int n) {
    __shared__ float tile[64 * 256];
    tile[threadIdx.x] = x[threadIdx.x];
    y[threadIdx.x] = tile[threadIdx.x];
}
extern "C" __global__ void large_right(const float* x, float* y, int n) {
    __shared__ float tile[64 * 128];
    tile[threadIdx.x] = x[threadIdx.x];
    y[threadIdx.x] = tile[threadIdx.x];
}
