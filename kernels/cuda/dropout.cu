// Dropout with a counter-based generator: whether element i is kept is a function of (seed, i) alone. So no mask is stored:
// backward computes it again, any thread can compute any element, and the result does not depend on the grid.
//
//     y[i] = x[i] / (1 - p) with probability 1 - p, else 0
//
// The generator is Philox4x32-10 (Salmon et al. 2011): ten rounds of multiplications mix a counter of four words with a key of
// two, and four random words come out.
__device__ __forceinline__ uint4 philox(unsigned counter, unsigned seed_low, unsigned seed_high) {
    unsigned c0 = counter, c1 = 0, c2 = 0, c3 = 0, k0 = seed_low, k1 = seed_high;
    for (int round = 0; round < 10; round++) {
        unsigned high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        unsigned high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}

// A word below `threshold` = p 2^32 means: dropped.
__device__ __forceinline__ float drop(float x, unsigned word, unsigned threshold, float scale) {
    return word < threshold ? 0.0f : x * scale;
}

// v1: one thread an element. Element i takes word i % 4 of counter i / 4, so three of the four words are thrown away.
extern "C" __global__ void dropout_v1(const float* x, float* y, unsigned threshold, float scale, unsigned seed_low,
                                      unsigned seed_high, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    uint4 r = philox(i / 4, seed_low, seed_high);
    unsigned word = i % 4 == 0 ? r.x : i % 4 == 1 ? r.y : i % 4 == 2 ? r.z : r.w;
    y[i] = drop(x[i], word, threshold, scale);
}

// v2: one thread takes the four elements of a counter, with one load and one store of a float4. The same numbers as v1.
extern "C" __global__ void dropout_v2(const float* x, float* y, unsigned threshold, float scale, unsigned seed_low,
                                      unsigned seed_high, int n) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; 4 * i < n; i += gridDim.x * blockDim.x) {
        uint4 r = philox(i, seed_low, seed_high);
        if (4 * i + 3 < n) {
            float4 v = reinterpret_cast<const float4*>(x)[i];
            reinterpret_cast<float4*>(y)[i] =
                make_float4(drop(v.x, r.x, threshold, scale), drop(v.y, r.y, threshold, scale),
                            drop(v.z, r.z, threshold, scale), drop(v.w, r.w, threshold, scale));
        } else {
            unsigned words[4] = {r.x, r.y, r.z, r.w};
            for (int j = 0; 4 * i + j < n; j++) y[4 * i + j] = drop(x[4 * i + j], words[j], threshold, scale);
        }
    }
}
