// Embedding: y[i] = table[ids[i]], with ids [n], table [vocabulary, width], y [n, width]; and its gradient, the scatter-add
// dtable[ids[i]] += dy[i]. An id outside the vocabulary is the host's to check.

// v1: one thread an element.
extern "C" __global__ void embedding_v1(const float* table, const int* ids, float* y, int n, int width) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n * width) y[i] = table[ids[i / width] * width + i % width];
}

// v2: one warp a row: the id is read once for the row, and there is no division.
extern "C" __global__ void embedding_v2(const float* table, const int* ids, float* y, int n, int width) {
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= n) return;
    int from = ids[row] * width;
    for (int c = lane; c < width; c += 32) y[row * width + c] = table[from + c];
}

// Gradient, v1: atomics, because a word may occur many times. dtable must hold what is to be added to. The order of the additions
// is not fixed, so the last bits may differ from run to run.
extern "C" __global__ void embedding_backward_v1(const float* dy, const int* ids, float* dtable, int n, int width) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n * width) atomicAdd(&dtable[ids[i / width] * width + i % width], dy[i]);
}

// Gradient, v2, the same bits each time: `order` lists the positions sorted by id and `starts` [vocabulary + 1] where each word
// begins in it, both from the host. One warp a word adds up its rows in order; words that do not occur cost one look.
extern "C" __global__ void embedding_backward_v2(const float* dy, const int* order, const int* starts, float* dtable,
                                                 int vocabulary, int width) {
    int word = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (word >= vocabulary) return;
    int begin = starts[word], end = starts[word + 1];
    if (begin == end) return;
    for (int c = lane; c < width; c += 32) {
        float sum = 0.0f;
        for (int k = begin; k < end; k++) sum += dy[order[k] * width + c];
        dtable[word * width + c] += sum;
    }
}
