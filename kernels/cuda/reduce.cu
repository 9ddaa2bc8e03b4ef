// Reductions: the sum or the maximum of n floats. A thread can add two numbers; a tree of such additions adds 2^k numbers in
// k steps. Each launch leaves one number per block in `partial`; the launch code runs the kernel again on these until one
// number is left. (Blocks cannot wait for each other within a launch; the end of a launch is the barrier between them.)
//
// The same code serves both: `Sum` and `Max` say how two numbers become one, and what the empty reduction is.
#include "warp.cuh"

struct Sum {
    static __device__ float identity() { return 0.0f; }
    static __device__ float join(float a, float b) { return a + b; }
};
struct Max {
    static __device__ float identity() { return -INFINITY; }
    static __device__ float join(float a, float b) { return fmaxf(a, b); }
};

constexpr int THREADS = 256; // the launch code uses the same number

// v1, interleaved: in step s every thread whose number is a multiple of 2s joins its neighbour at distance s. The active
// threads lie far apart, so from the first step on every warp runs with half of its lanes idle, then with a quarter...
template <class Op> __device__ void interleaved(const float* x, float* partial, int n) {
    __shared__ float tile[THREADS];
    int t = threadIdx.x, i = blockIdx.x * THREADS + t;
    tile[t] = i < n ? x[i] : Op::identity();
    __syncthreads();
    for (int s = 1; s < THREADS; s *= 2) {
        if (t % (2 * s) == 0) tile[t] = Op::join(tile[t], tile[t + s]);
        __syncthreads();
    }
    if (t == 0) partial[blockIdx.x] = tile[0];
}

// v2, sequential: the lower half joins the upper half. The active threads are the first ones, so whole warps are idle and cost
// nothing, and neighbouring threads touch neighbouring words: no two lanes want the same bank of shared memory.
template <class Op> __device__ void sequential(const float* x, float* partial, int n) {
    __shared__ float tile[THREADS];
    int t = threadIdx.x, i = blockIdx.x * THREADS + t;
    tile[t] = i < n ? x[i] : Op::identity();
    __syncthreads();
    for (int s = THREADS / 2; s > 0; s /= 2) {
        if (t < s) tile[t] = Op::join(tile[t], tile[t + s]);
        __syncthreads();
    }
    if (t == 0) partial[blockIdx.x] = tile[0];
}

// The reduction of one value a thread over a block of THREADS threads; the result is in thread 0. Within a warp the values
// go from register to register.
template <class Op> __device__ float block_reduce(float v) {
    __shared__ float warps[THREADS / 32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int by = 16; by > 0; by /= 2) v = Op::join(v, __shfl_down_sync(0xffffffff, v, by));
    if (lane == 0) warps[warp] = v;
    __syncthreads();
    if (warp == 0) {
        v = lane < THREADS / 32 ? warps[lane] : Op::identity();
        for (int by = 16; by > 0; by /= 2) v = Op::join(v, __shfl_down_sync(0xffffffff, v, by));
    }
    return v;
}

// v3, shuffles: five steps of the tree happen within a warp, from register to register, and five more within the warp that
// joins the results of the warps. One barrier in all, where v2 has nine.
template <class Op> __device__ void shuffled(const float* x, float* partial, int n) {
    int i = blockIdx.x * THREADS + threadIdx.x;
    float v = block_reduce<Op>(i < n ? x[i] : Op::identity());
    if (threadIdx.x == 0) partial[blockIdx.x] = v;
}

// v4, grid-stride with vector loads: until now each thread read one number and then took part in a tree, so most of its life
// was the tree. Here it first joins many numbers on its own, four per load, and the tree comes once.
template <class Op> __device__ void strided(const float* x, float* partial, int n) {
    int thread = blockIdx.x * THREADS + threadIdx.x, stride = gridDim.x * THREADS;
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float v = Op::identity();
    for (int i = thread; i < n / 4; i += stride) {
        float4 p = x4[i];
        v = Op::join(v, Op::join(Op::join(p.x, p.y), Op::join(p.z, p.w)));
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) v = Op::join(v, x[tail]);
    v = block_reduce<Op>(v);
    if (threadIdx.x == 0) partial[blockIdx.x] = v;
}

extern "C" __global__ void sum_v1(const float* x, float* partial, int n) { interleaved<Sum>(x, partial, n); }
extern "C" __global__ void sum_v2(const float* x, float* partial, int n) { sequential<Sum>(x, partial, n); }
extern "C" __global__ void sum_v3(const float* x, float* partial, int n) { shuffled<Sum>(x, partial, n); }
extern "C" __global__ void sum_v4(const float* x, float* partial, int n) { strided<Sum>(x, partial, n); }
extern "C" __global__ void max_v1(const float* x, float* partial, int n) { interleaved<Max>(x, partial, n); }
extern "C" __global__ void max_v2(const float* x, float* partial, int n) { sequential<Max>(x, partial, n); }
extern "C" __global__ void max_v3(const float* x, float* partial, int n) { shuffled<Max>(x, partial, n); }
extern "C" __global__ void max_v4(const float* x, float* partial, int n) { strided<Max>(x, partial, n); }
