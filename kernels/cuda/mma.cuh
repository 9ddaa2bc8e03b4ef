// The instructions behind tensor cores, as small device functions: a warp's matrix product (mma.sync), loading its operands from
// shared memory (ldmatrix), and copies from global to shared memory that run beside the computing (cp.async). CUDA has no names
// for them, so each is a line of PTX; for the simulator each has a twin in sim/tensor.h.
#pragma once
#include <cuda_bf16.h>
#ifdef GRADUS_SIMULATOR
#include "tensor.h"
#else

__device__ __forceinline__ unsigned shared_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

// d += a b, with a 16 x 16 and b 16 x 8 in bf16, d 16 x 8 in f32. With g = lane / 4 and t = lane % 4 a lane holds
//   of a: (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8), each with its right neighbour;
//   of b: (2t, g), (2t + 8, g), each with its lower neighbour;
//   of d: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).
__device__ __forceinline__ void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned* b) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// d += a b, with a 16 x 8 and b 8 x 8 in tf32 (floats of which only the upper 10 bits of the mantissa are read), d 16 x 8 in f32. A lane holds
//   of a: (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4);  of b: (t, g), (t + 4, g);  of d: as above.
__device__ __forceinline__ void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// The float rounded to tf32, to nearest. Without it the tensor core cuts the lower 13 bits off, which is twice as far and always
// towards 0.
__device__ __forceinline__ unsigned to_tf32(float x) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

// Two numbers in bf16 as the register that mma_bf16 takes; the first one in the lower half.
__device__ __forceinline__ unsigned pack(__nv_bfloat16 low, __nv_bfloat16 high) {
    return __bfloat16_as_ushort(low) | static_cast<unsigned>(__bfloat16_as_ushort(high)) << 16;
}

// The same of two floats, rounded to bf16.
__device__ __forceinline__ unsigned pack_floats(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

// Four matrices of 8 x 8 from shared memory. Lane l gives the address of row l % 8 of matrix l / 8 (16 bytes, aligned), and receives of
// each matrix the elements (l / 4, 2 (l % 4)) and its right neighbour.
__device__ __forceinline__ void load_matrices(unsigned (&to)[4], const __nv_bfloat16* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(shared_address(row))
                 : "memory");
}

// The same of the transposed matrices.
__device__ __forceinline__ void load_matrices_transposed(unsigned (&to)[4], const __nv_bfloat16* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(shared_address(row))
                 : "memory");
}

// Begins to copy 16 bytes, aligned on both sides; the first `bytes` (0 to 16) come from memory, the rest become 0.
__device__ __forceinline__ void copy_async(__nv_bfloat16* to, const __nv_bfloat16* from, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
__device__ __forceinline__ void copy_async(float* to, const float* from, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
// The copies begun since the last call are a group.
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most N groups of this thread are under way. Other threads see what was copied only behind a barrier.
template <int N> __device__ __forceinline__ void wait_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }

#endif
