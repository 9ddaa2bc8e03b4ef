// Matrix product in bf16 for Hopper (compute capability 9.0a), the last rung of the ladder in cuda/matmul_bf16.cu: c = a b with a [m, k] and
// b [k, n] in bf16, c [m, n] in f32; n and k multiples of 8. **Needs a device**: the simulator does not know these instructions.
//
// Until now threads fetched tiles, piece by piece, and warps multiplied them. Here
//
// - the tensor memory accelerator (TMA) fetches a whole tile when one thread asks for it. It knows shape and strides of the matrix from a
//   map that the host has made, writes zeros beyond the edge, swizzles the tile on the way, and reports the bytes that have arrived to a
//   barrier in shared memory (mbarrier);
// - `wgmma` multiplies 64 x 16 by 16 x 256 with one instruction of four warps, reading both factors from shared memory. It runs beside
//   the warps that began it.
//
// So the warps share the work: one thread of the first four warps is the producer, which keeps four pairs of tiles on their way; the other
// eight are two consumers, each with 64 of the 128 rows of the block's 128 x 256. Two barriers for every pair of buffers keep them apart:
// `full` says that the bytes are there, `empty` that both consumers are done with them. No __syncthreads in the loop.
#include <cuda_bf16.h>

constexpr int ROWS = 128, COLUMNS = 256, DEPTH = 64, STAGES = 4;
constexpr int A_BYTES = ROWS * DEPTH * 2, B_BYTES = DEPTH * COLUMNS * 2, STAGE_BYTES = A_BYTES + B_BYTES;
constexpr int GROUP = 8; // rows of tiles that follow each other, so that they find their part of b in the cache

// What cuTensorMapEncodeTiled writes; only the hardware looks inside.
struct alignas(64) TensorMap {
    unsigned long long opaque[16];
};

__device__ __forceinline__ void set_barrier(unsigned barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
__device__ __forceinline__ void arrive(unsigned barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
// Arrives, and lets the barrier wait for so many bytes besides.
__device__ __forceinline__ void expect(unsigned barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
// Waits until the phase of this parity is over. Phases count 0, 1, 2 ... from the beginning.
__device__ __forceinline__ void wait(unsigned barrier, int parity) {
    unsigned done;
    do {
        asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                     : "=r"(done)
                     : "r"(barrier), "r"(parity)
                     : "memory");
    } while (!done);
}

// Fetches the box of the map that begins at this column and row.
__device__ __forceinline__ void fetch(unsigned to, const TensorMap* map, unsigned barrier, int column, int row) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(to),
                 "l"(map), "r"(barrier), "r"(column), "r"(row)
                 : "memory");
}

// How a tile lies in shared memory, for wgmma: rows of 128 bytes, swizzled (bit 62); the bytes from one group of eight rows to the next
// (1024), and from one piece of 64 columns to the next, which only b has: its rows run along n.
__device__ __forceinline__ unsigned long long describe(unsigned address, unsigned piece) {
    return (address & 0x3ffff) >> 4 | (unsigned long long)(piece >> 4) << 16 | (unsigned long long)(1024 >> 4) << 32 | 1ull << 62;
}

// d += a b for 64 x 16 and 16 x 256: warp w of the four holds rows 16 w .. 16 w + 15 of d, its lanes as after mma_bf16 (cuda/mma.cuh),
// piece j of 8 columns in d[4 j] .. d[4 j + 3]. The last two numbers: a runs along k, b along n.
__device__ __forceinline__ void multiply(float (&d)[128], unsigned long long a, unsigned long long b) {
    asm volatile(
        "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
        "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
        "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
        "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
        "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
        "%128, %129, 1, 1, 1, 0, 1;"
        :
          "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
          "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
          "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
          "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
          "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]),
          "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71]),
          "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79]),
          "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]), "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]),
          "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]),
          "+f"(d[96]), "+f"(d[97]), "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
          "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]), "+f"(d[110]), "+f"(d[111]),
          "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]), "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]),
          "+f"(d[120]), "+f"(d[121]), "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
        : "l"(a), "l"(b));
}

extern "C" __global__ void __launch_bounds__(384, 1)
    matmul_bf16_v4(const __grid_constant__ TensorMap a_map, const __grid_constant__ TensorMap b_map, float* c, int m, int n, int k) {
    extern __shared__ unsigned char buffer[];
    __shared__ alignas(8) unsigned long long full[STAGES], empty[STAGES];
    unsigned tiles = (static_cast<unsigned>(__cvta_generic_to_shared(buffer)) + 1023) / 1024 * 1024; // where the swizzle begins
    unsigned full0 = static_cast<unsigned>(__cvta_generic_to_shared(full));
    unsigned empty0 = static_cast<unsigned>(__cvta_generic_to_shared(empty));
    int tile_rows = (m + ROWS - 1) / ROWS, tile_columns = (n + COLUMNS - 1) / COLUMNS, rounds = (k + DEPTH - 1) / DEPTH;
    int group = blockIdx.x / (GROUP * tile_columns), rest = blockIdx.x % (GROUP * tile_columns);
    int height = min(GROUP, tile_rows - group * GROUP);
    int row0 = (group * GROUP + rest % height) * ROWS, column0 = rest / height * COLUMNS;
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; i++) {
            set_barrier(full0 + 8 * i, 1);
            set_barrier(empty0 + 8 * i, 2);
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); // for the accelerator to see them
    }
    __syncthreads();
    int worker = threadIdx.x / 128; // 0 is the producer
    if (worker == 0) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (threadIdx.x != 0) return;
        for (int round = 0; round < rounds; round++) {
            int stage = round % STAGES;
            unsigned a_tile = tiles + stage * STAGE_BYTES, b_tile = a_tile + A_BYTES, barrier = full0 + 8 * stage;
            if (round >= STAGES) wait(empty0 + 8 * stage, (round / STAGES - 1) % 2);
            expect(barrier, STAGE_BYTES);
            fetch(a_tile, &a_map, barrier, round * DEPTH, row0);
            for (int j = 0; j < COLUMNS / 64; j++) {
                fetch(b_tile + j * DEPTH * 128, &b_map, barrier, column0 + 64 * j, round * DEPTH);
            }
        }
        return;
    }
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    float d[128];
#pragma unroll
    for (int i = 0; i < 128; i++) d[i] = 0.0f;
    for (int round = 0; round < rounds; round++) {
        int stage = round % STAGES;
        unsigned a_tile = tiles + stage * STAGE_BYTES + (worker - 1) * 64 * 128, b_tile = tiles + stage * STAGE_BYTES + A_BYTES;
        wait(full0 + 8 * stage, round / STAGES % 2);
        asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
        for (int i = 0; i < DEPTH / 16; i++) {
            // 16 further along k: 32 bytes within the rows of a, 16 rows of b.
            multiply(d, describe(a_tile + 32 * i, 16), describe(b_tile + 16 * 128 * i, DEPTH * 128));
        }
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        // The products of this round go on while the next one begins; those of the last are done, and its tiles may be overwritten.
        asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
        if (round > 0 && threadIdx.x % 128 == 0) arrive(empty0 + 8 * ((round - 1) % STAGES));
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    int lane = threadIdx.x % 32, row = row0 + (worker - 1) * 64 + threadIdx.x / 32 % 4 * 16 + lane / 4;
#pragma unroll
    for (int j = 0; j < COLUMNS / 8; j++) {
        int column = column0 + 8 * j + lane % 4 * 2;
        if (column >= n) continue;
        if (row < m) *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) = make_float2(d[4 * j], d[4 * j + 1]);
        if (row + 8 < m) {
            *reinterpret_cast<float2*>(c + static_cast<size_t>(row + 8) * n + column) = make_float2(d[4 * j + 2], d[4 * j + 3]);
        }
    }
}
