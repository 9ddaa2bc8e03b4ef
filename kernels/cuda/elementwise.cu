// Elementwise operations over n floats. Every element is on its own, so the whole question is how to keep the memory busy:
// for each element a few bytes come in and a few go out, and hardly anything is computed.
//
// The ladder: one thread an element (v1), a fixed number of threads that stride over all elements (v2), four elements in one
// instruction (v3).

// v1: one thread computes one element. Thread i of all threads takes element i, so the 32 threads of a warp read 32
// neighbouring floats, which the hardware joins into one access of 128 bytes. The last block has threads to spare: the
// test keeps them from running over the end.
extern "C" __global__ void add_v1(const float* a, const float* b, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a[i] + b[i];
}

// v2, grid-stride loop: as many threads as fit on the device at once; each takes every (number of threads)-th element.
// Neighbouring threads still read neighbouring elements, a block is started once instead of thousands of times, and the same
// launch serves any n.
extern "C" __global__ void add_v2(const float* a, const float* b, float* y, int n) {
    int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) y[i] = a[i] + b[i];
}

// v3, vector loads: a float4 is read and written by one instruction, so there are four times fewer instructions and more
// bytes on the way at any moment. The address must be a multiple of 16 bytes: it is, at the start of a buffer and every four
// elements from there. The up to three elements that are left over are done one by one.
extern "C" __global__ void add_v3(const float* a, const float* b, float* y, int n) {
    int thread = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    const float4* a4 = reinterpret_cast<const float4*>(a);
    const float4* b4 = reinterpret_cast<const float4*>(b);
    float4* y4 = reinterpret_cast<float4*>(y);
    for (int i = thread; i < n / 4; i += stride) {
        float4 p = a4[i], q = b4[i];
        y4[i] = make_float4(p.x + q.x, p.y + q.y, p.z + q.z, p.w + q.w);
    }
    int tail = n / 4 * 4 + thread;
    if (tail < n) y[tail] = a[tail] + b[tail];
}
