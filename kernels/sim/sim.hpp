// What nvcc gives a kernel without any include, for the host compiler: keywords, threadIdx and its kin, vector types, maths.
// The generated file of a family includes this first and then the rewritten kernel source.
#pragma once
#include "memory.hpp"
#include "warp.hpp"
#include <cmath>
#include <utility>

#define GRADUS_SIMULATOR 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __restrict__
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

using dim3 = sim::Dim;
#define threadIdx (sim::machine->current->thread)
#define blockIdx (sim::machine->block_index)
#define blockDim (sim::machine->block_size)
#define gridDim (sim::machine->grid_size)
static constexpr int warpSize = 32;

#define SIM_VECTOR(T, name)                                                       \
    struct alignas(2 * sizeof(T)) name##2 {                                       \
        T x, y;                                                                   \
    };                                                                            \
    struct alignas(4 * sizeof(T)) name##4 {                                       \
        T x, y, z, w;                                                             \
    };                                                                            \
    inline name##2 make_##name##2(T x, T y) { return {x, y}; }                    \
    inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
SIM_VECTOR(float, float)
SIM_VECTOR(int, int)
SIM_VECTOR(unsigned, uint)
#undef SIM_VECTOR

#define SIM_MIN_MAX(T)                                  \
    inline T min(T a, T b) { return b < a ? b : a; }    \
    inline T max(T a, T b) { return a < b ? b : a; }
SIM_MIN_MAX(int)
SIM_MIN_MAX(unsigned)
SIM_MIN_MAX(long long)
SIM_MIN_MAX(unsigned long long)
#undef SIM_MIN_MAX
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __fdividef(float x, float y) { return x / y; }
template <class To, class From> To sim_bits(From from) {
    To to;
    static_assert(sizeof to == sizeof from, "the same number of bits");
    memcpy(&to, &from, sizeof to);
    return to;
}
inline int __float_as_int(float x) { return sim_bits<int>(x); }
inline unsigned __float_as_uint(float x) { return sim_bits<unsigned>(x); }
inline float __int_as_float(int x) { return sim_bits<float>(x); }
inline float __uint_as_float(unsigned x) { return sim_bits<float>(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
template <class T> T __ldg(sim::Ptr<const T> p) { return p[0]; }
template <class T> T __ldg(sim::Ptr<T> p) { return T(p[0]); }

namespace sim {

// A launch passes the address of each number and the Region of each pointer.
template <class T> struct Argument {
    static T get(void* from) { return *static_cast<T*>(from); }
};
template <class T> struct Argument<Ptr<T>> {
    static Ptr<T> get(void* from) { return Ptr<T>(static_cast<const Region*>(from), 0); }
};

template <class... A, size_t... I> void call(void (*kernel)(A...), void* const* args, std::index_sequence<I...>) {
    kernel(Argument<A>::get(args[I])...);
}
template <class... A> void call(void (*kernel)(A...), void* const* args) {
    call(kernel, args, std::index_sequence_for<A...>());
}
template <auto kernel> void run(void* const* args) { call(kernel, args); }

} // namespace sim
