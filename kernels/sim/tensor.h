// The twins of cuda/mma.cuh for the simulator: what the instructions do, and the mistakes that they allow.
//
// A copy that runs beside the computing is carried out only when its thread waits for it: whoever reads earlier reads memory that
// nothing has written, or what was there before, and whoever reads without a barrier behind the wait is a race.
#pragma once
#include "cuda_bf16.h"
#include "warp.hpp"

namespace sim {

// Shows `mine` to the other lanes of the warp; `use(all)` looks at what they show. All 32 lanes must come.
template <class T, class F> void together(const T& mine, int line, F use) {
    Fiber& me = *machine->current;
    me.shown = &mine;
    warp(op_gather, 0xffffffffu, 0, 0, line);
    const T* all[32];
    for (unsigned lane = 0; lane < 32; lane++) {
        all[lane] = static_cast<const T*>(machine->fibers[me.id / 32 * 32 + lane].shown);
    }
    use(all);
    // Nobody goes on and changes what the others still look at.
    warp(op_gather, 0xffffffffu, 0, 0, line);
}

inline float half_of(unsigned pair, int which) {
    __nv_bfloat16 x;
    x.bits = static_cast<uint16_t>(which ? pair >> 16 : pair);
    return x;
}

// What the tensor core reads of a float: the sign, 8 bits of exponent and 10 of the mantissa.
inline float tf32(unsigned bits) {
    bits &= ~0x1fffu;
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

struct Row {
    uint16_t element[8];
};

inline void load_matrices(unsigned (&to)[4], const Ptr<const __nv_bfloat16>& row, bool transposed, int line) {
    if (!row.region || !row.region->shared) stop(fault_out_of_bounds, line, "loads matrices from outside shared memory");
    const Row mine = load<Row>(row.region, row.offset, line);
    together(mine, line, [&](const Row* const* rows) {
        const unsigned g = lane() / 4, t = lane() % 4;
        for (int i = 0; i < 4; i++) {
            const uint16_t low = transposed ? rows[8 * i + 2 * t]->element[g] : rows[8 * i + g]->element[2 * t];
            const uint16_t high = transposed ? rows[8 * i + 2 * t + 1]->element[g] : rows[8 * i + g]->element[2 * t + 1];
            to[i] = low | static_cast<unsigned>(high) << 16;
        }
    });
}

// d += a b, 16 x 8 sums of 8 * per products: a register of a holds `per` neighbours of a row, one of b of a column, and value(word, i)
// is the i-th of them.
template <unsigned per, class Value>
void product(float (&d)[4], const unsigned (&a)[4], const unsigned* b, int line, Value value) {
    struct Operands {
        unsigned a[4], b[2];
    };
    const Operands mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    together(mine, line, [&](const Operands* const* all) {
        const unsigned g = lane() / 4, t = lane() % 4;
        for (int i = 0; i < 4; i++) {
            const unsigned row = g + i / 2 * 8, column = 2 * t + i % 2;
            for (unsigned k = 0; k < 8 * per; k++) {
                const unsigned from = k % (4 * per) / per, half = k / (4 * per);
                const unsigned left = all[row % 8 * 4 + from]->a[row / 8 + half * 2];
                const unsigned right = all[column * 4 + from]->b[half];
                d[i] += value(left, k % per) * value(right, k % per);
            }
        }
        if (lane() == 0 && machine->request->counts) {
            machine->request->counts->tensor_operations += 2 * 16 * 8 * 8 * per;
        }
    });
}

} // namespace sim

inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned* b, int line = __builtin_LINE()) {
    sim::product<2>(d, a, b, line, [](unsigned word, unsigned i) { return sim::half_of(word, i); });
}

inline void mma_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
    sim::product<1>(d, a, b, line, [](unsigned word, unsigned) { return sim::tf32(word); });
}
// To nearest, halves away from 0; infinities and NaN stay.
inline unsigned to_tf32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & ~0x1fffu;
}
inline unsigned pack(__nv_bfloat16 low, __nv_bfloat16 high) { return low.bits | static_cast<unsigned>(high.bits) << 16; }
inline unsigned pack_floats(float low, float high) { return pack(__nv_bfloat16(low), __nv_bfloat16(high)); }

inline void load_matrices(unsigned (&to)[4], sim::Ptr<const __nv_bfloat16> row, int line = __builtin_LINE()) {
    sim::load_matrices(to, row, false, line);
}
inline void load_matrices_transposed(unsigned (&to)[4], sim::Ptr<const __nv_bfloat16> row, int line = __builtin_LINE()) {
    sim::load_matrices(to, row, true, line);
}

namespace sim {
template <class T> void copy_async(const Ptr<T>& to, const Ptr<const T>& from, int bytes, int line) {
    if (!to.region || !to.region->shared) stop(fault_out_of_bounds, line, "copies to outside shared memory");
    if (to.offset % 16 != 0 || from.offset % 16 != 0) {
        stop(fault_misaligned, line, "copies 16 bytes from byte %lld of %s to byte %lld of %s: both must be multiples of 16",
             static_cast<long long>(from.offset), from.region ? from.region->name : "a null pointer",
             static_cast<long long>(to.offset), to.region->name);
    }
    Copy copy = {to.region, to.offset, {}, line};
    if (bytes == 16) {
        const Row row = load<Row>(from.region, from.offset, line);
        memcpy(copy.element, row.element, sizeof copy.element);
    } else {
        for (int i = 0; i < bytes / static_cast<int>(sizeof(T)); i++) {
            const T value = from.at(i, line);
            memcpy(reinterpret_cast<char*>(copy.element) + i * sizeof(T), &value, sizeof(T));
        }
    }
    machine->current->copies->begun.push_back(copy);
}
} // namespace sim

inline void copy_async(sim::Ptr<__nv_bfloat16> to, sim::Ptr<const __nv_bfloat16> from, int bytes, int line = __builtin_LINE()) {
    sim::copy_async(to, from, bytes, line);
}
inline void copy_async(sim::Ptr<float> to, sim::Ptr<const float> from, int bytes, int line = __builtin_LINE()) {
    sim::copy_async(to, from, bytes, line);
}
inline void commit_copies() { sim::machine->current->copies->commit(); }
template <int N> void wait_copies() { sim::machine->current->copies->wait(N); }
