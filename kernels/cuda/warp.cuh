// Sums and maxima over the threads of a warp and of a block. Every thread gets the result.
#pragma once

// Butterfly: in step `by` each lane adds the value of the lane whose number differs in that one bit; after five steps every
// lane has the sum of all 32. All lanes of the warp must call it.
__device__ __forceinline__ float warp_sum(float v) {
    for (int by = 16; by > 0; by /= 2) v += __shfl_xor_sync(0xffffffff, v, by);
    return v;
}

__device__ __forceinline__ float warp_max(float v) {
    for (int by = 16; by > 0; by /= 2) v = fmaxf(v, __shfl_xor_sync(0xffffffff, v, by));
    return v;
}

// Over a block whose size is a multiple of 32; `scratch` is 32 floats of shared memory. First every warp on its own, then
// every warp the up to 32 results of the warps. The barrier at the beginning lets the same scratch serve several calls:
// somebody may still be reading the result of the last one.
__device__ __forceinline__ float block_sum(float v, float* scratch) {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    v = warp_sum(v);
    __syncthreads();
    if (lane == 0) scratch[warp] = v;
    __syncthreads();
    return warp_sum(lane < blockDim.x / 32 ? scratch[lane] : 0.0f);
}

__device__ __forceinline__ float block_max(float v, float* scratch) {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    v = warp_max(v);
    __syncthreads();
    if (lane == 0) scratch[warp] = v;
    __syncthreads();
    return warp_max(lane < blockDim.x / 32 ? scratch[lane] : -INFINITY);
}
