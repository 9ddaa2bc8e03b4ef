// What warp instructions and atomics compute, written out for the test to compare.
extern "C" __global__ void shuffles(int* out) {
    int lane = threadIdx.x;
    out[lane] = __shfl_sync(0xffffffff, lane, 5);
    out[32 + lane] = __shfl_up_sync(0xffffffff, lane, 3);
    out[64 + lane] = __shfl_down_sync(0xffffffff, lane, 3);
    out[96 + lane] = __shfl_xor_sync(0xffffffff, lane, 9);
    out[128 + lane] = __shfl_sync(0xffffffff, lane, 9, 8);
    out[160 + lane] = __shfl_down_sync(0xffffffff, lane, 3, 8);
}

extern "C" __global__ void votes(int* out) {
    int lane = threadIdx.x;
    out[lane] = (int)__ballot_sync(0xffffffff, lane % 3 == 0);
    out[32 + lane] = __any_sync(0xffffffff, lane == 7);
    out[64 + lane] = __all_sync(0xffffffff, lane < 32);
    out[96 + lane] = __all_sync(0xffffffff, lane != 7);
}

// Integers with every atomic; floats with atomicAdd. Three blocks.
extern "C" __global__ void atomics(int* out, float* sum) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&out[0], i);
    atomicMax(&out[1], i);
    atomicMin(&out[2], -i);
    atomicSub(out + 3, 1);
    atomicOr(&out[4], 1 << (i % 8));
    atomicExch(&out[5], 42);
    // A counter that stays below 10, by compare and swap.
    int seen = atomicAdd(&out[6], 0);
    while (seen < 10) {
        int before = atomicCAS(&out[6], seen, seen + 1);
        if (before == seen) break;
        seen = before;
    }
    atomicAdd(sum, 0.5f);
}

// Dynamic shared memory, two dimensions of the grid and of the block, a pointer that may be null.
extern "C" __global__ void transpose(const float* x, const float* bias, float* y, int rows, int columns) {
    extern __shared__ float tile[];
    int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row < rows && column < columns) tile[threadIdx.y * blockDim.x + threadIdx.x] = x[row * columns + column];
    __syncthreads();
    int r = blockIdx.x * blockDim.x + threadIdx.y, c = blockIdx.y * blockDim.y + threadIdx.x;
    if (r < columns && c < rows) {
        float v = tile[threadIdx.x * blockDim.x + threadIdx.y];
        y[r * rows + c] = v + (bias ? bias[c] : 0.0f);
    }
}
