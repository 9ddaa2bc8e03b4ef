// Warp instructions and atomics, under CUDA's names and with CUDA's rules.
#pragma once
#include "memory.hpp"

namespace sim {

inline unsigned lane() { return machine->current->id % 32; }

template <class T> T shuffle(unsigned mask, T value, int source, int line) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 2, "a shuffle moves 2, 4 or 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(T));
    bits = warp(op_shuffle, mask, bits, source, line);
    memcpy(&value, &bits, sizeof(T));
    return value;
}

// Applies `f` to a word as one step that no other thread can come between.
template <class T, class F> T atomic(Ptr<T> place, int line, F f) {
    if (!place.region) stop(fault_out_of_bounds, line, "an atomic on memory that is neither global nor shared");
    touch(place.region, place.offset, sizeof(T), line, kind_atomic);
    T old;
    memcpy(&old, address(place.region, place.offset), sizeof(T));
    const T next = f(old);
    memcpy(address(place.region, place.offset), &next, sizeof(T));
    return old;
}

template <class T> using same = typename std::common_type<T>::type; // takes no part in deduction

} // namespace sim

#define SIM_LINE int line = __builtin_LINE()

template <class A> sim::value_t<A> __shfl_sync(unsigned mask, const A& value, int source, int width = 32, SIM_LINE) {
    const int base = sim::lane() / width * width;
    return sim::shuffle<sim::value_t<A>>(mask, value, base + (source & (width - 1)), line);
}
template <class A> sim::value_t<A> __shfl_up_sync(unsigned mask, const A& value, unsigned by, int width = 32, SIM_LINE) {
    const int lane = sim::lane(), from = lane - static_cast<int>(by);
    return sim::shuffle<sim::value_t<A>>(mask, value, from < lane / width * width ? lane : from, line);
}
template <class A> sim::value_t<A> __shfl_down_sync(unsigned mask, const A& value, unsigned by, int width = 32, SIM_LINE) {
    const int lane = sim::lane(), from = lane + static_cast<int>(by);
    return sim::shuffle<sim::value_t<A>>(mask, value, from >= lane / width * width + width ? lane : from, line);
}
template <class A> sim::value_t<A> __shfl_xor_sync(unsigned mask, const A& value, int by, int width = 32, SIM_LINE) {
    const int lane = sim::lane(), from = lane ^ by;
    return sim::shuffle<sim::value_t<A>>(mask, value, from >= lane / width * width + width ? lane : from, line);
}
inline unsigned __ballot_sync(unsigned mask, int yes, SIM_LINE) {
    return static_cast<unsigned>(sim::warp(sim::op_ballot, mask, yes != 0, 0, line));
}
inline int __any_sync(unsigned mask, int yes, SIM_LINE) { return __ballot_sync(mask, yes, line) != 0; }
inline int __all_sync(unsigned mask, int yes, SIM_LINE) {
    const uint64_t both = sim::warp(sim::op_ballot, mask, yes != 0, 0, line);
    return static_cast<uint32_t>(both) == static_cast<uint32_t>(both >> 32);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, SIM_LINE) { sim::warp(sim::op_sync, mask, 0, 0, line); }
inline void __syncthreads(SIM_LINE) { sim::barrier(line); }
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T> T atomicAdd(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    return sim::atomic(p, line, [=](T old) { return T(old + v); });
}
template <class T> T atomicSub(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    return sim::atomic(p, line, [=](T old) { return T(old - v); });
}
template <class T> T atomicMax(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    static_assert(std::is_integral<T>::value, "CUDA has no atomicMax for floating point numbers");
    return sim::atomic(p, line, [=](T old) { return old > v ? old : v; });
}
template <class T> T atomicMin(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    static_assert(std::is_integral<T>::value, "CUDA has no atomicMin for floating point numbers");
    return sim::atomic(p, line, [=](T old) { return old < v ? old : v; });
}
template <class T> T atomicExch(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    return sim::atomic(p, line, [=](T) { return v; });
}
template <class T> T atomicCAS(sim::Ptr<T> p, sim::same<T> expected, sim::same<T> v, SIM_LINE) {
    static_assert(std::is_integral<T>::value, "atomicCAS compares integers");
    return sim::atomic(p, line, [=](T old) { return old == expected ? v : old; });
}
template <class T> T atomicOr(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    return sim::atomic(p, line, [=](T old) { return T(old | v); });
}
template <class T> T atomicAnd(sim::Ptr<T> p, sim::same<T> v, SIM_LINE) {
    return sim::atomic(p, line, [=](T old) { return T(old & v); });
}
#undef SIM_LINE
