// Tensor core matrices of 16 x 16 x 16 (nvcuda::wmma) in bf16 with sums in f32: the part of NVIDIA's header that the kernels use.
//
// How the elements of a fragment are spread over the lanes is not specified by CUDA; here lane l holds elements l * 8 to
// l * 8 + 7, row by row. A kernel that counts on any order is wrong on a GPU.
#pragma once
#include "cuda_bf16.h"
#include "tensor.h"
#include "warp.hpp"

namespace nvcuda {
namespace wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };

template <class Use, int M, int N, int K, class T, class Layout = void> struct fragment {
    static_assert(M == 16 && N == 16 && K == 16, "only 16 x 16 x 16");
    static constexpr int num_elements = 8;
    T x[num_elements];
};

template <class T> using plain = typename std::common_type<T>::type;

// All lanes of the warp must come, with the same leading dimension, at an address that is a multiple of 32 bytes.
template <class T> void check_place(const sim::Ptr<T>& p, unsigned stride, int line) {
    constexpr unsigned step = 16 / sizeof(T);
    if (p.offset % 32 != 0 || stride % step != 0) {
        sim::stop(sim::fault_misaligned, line, "a fragment at byte %lld of %s with a row of %u elements: the address must be a "
                  "multiple of 32 bytes, the row of %u elements", static_cast<long long>(p.offset),
                  p.region ? p.region->name : "registers", stride, step);
    }
    sim::warp(sim::op_gather, 0xffffffffu, 0, 0, line);
}

inline int64_t element(int i, unsigned stride, bool by_row) {
    const int at = static_cast<int>(sim::lane()) * 8 + i, row = at / 16, column = at % 16;
    return by_row ? static_cast<int64_t>(row) * stride + column : static_cast<int64_t>(column) * stride + row;
}

template <class Use, class T, class Layout>
void load_matrix_sync(fragment<Use, 16, 16, 16, T, Layout>& f, sim::Ptr<const plain<T>> p, unsigned stride,
                      int line = __builtin_LINE()) {
    check_place(p, stride, line);
    for (int i = 0; i < 8; i++) f.x[i] = p.at(element(i, stride, std::is_same<Layout, row_major>::value), line);
}

template <class T>
void store_matrix_sync(sim::Ptr<plain<T>> p, const fragment<accumulator, 16, 16, 16, T>& f, unsigned stride, layout_t layout,
                       int line = __builtin_LINE()) {
    check_place(p, stride, line);
    for (int i = 0; i < 8; i++) p.at(element(i, stride, layout == mem_row_major), line) = f.x[i];
}

template <class Use, class T, class Layout, class V> void fill_fragment(fragment<Use, 16, 16, 16, T, Layout>& f, V value) {
    for (int i = 0; i < 8; i++) f.x[i] = T(value);
}

// d = a b + c. Every lane shows the others where it keeps its elements, and computes its own eight.
template <class A, class B>
void mma_sync(fragment<accumulator, 16, 16, 16, float>& d, const fragment<matrix_a, 16, 16, 16, __nv_bfloat16, A>& a,
              const fragment<matrix_b, 16, 16, 16, __nv_bfloat16, B>& b,
              const fragment<accumulator, 16, 16, 16, float>& c, int line = __builtin_LINE()) {
    struct Operands {
        const __nv_bfloat16 *left, *right;
    };
    const Operands mine = {a.x, b.x};
    float sums[8];
    sim::together(mine, line, [&](const Operands* const* all) {
        for (int i = 0; i < 8; i++) {
            const int at = static_cast<int>(sim::lane()) * 8 + i, row = at / 16, column = at % 16;
            sums[i] = c.x[i];
            for (int k = 0; k < 16; k++) {
                const int l = row * 16 + k, r = k * 16 + column;
                sums[i] += float(all[l / 8]->left[l % 8]) * float(all[r / 8]->right[r % 8]);
            }
        }
        if (sim::lane() == 0 && sim::machine->request->counts) {
            sim::machine->request->counts->tensor_operations += 2 * 16 * 16 * 16;
        }
    });
    for (int i = 0; i < 8; i++) d.x[i] = sums[i];
}

} // namespace wmma
} // namespace nvcuda
