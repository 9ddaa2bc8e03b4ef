// What a launch asks of memory, as a GPU would be asked: not time, but counts.
//
// A warp reads and writes as one: the 32 addresses of one access go out together. Here the lanes run one after the other,
// so the accesses are put together again afterwards: the n-th access of a thread to a line of the source belongs with the
// n-th access of the other lanes to the same line. (Where lanes go different ways through one line, this is a guess.)
//
// Global memory moves whole sectors of 32 bytes: the cost of an access is the number of sectors that it touches. Shared memory has 32
// banks of 4 bytes, word w in bank w % 32: lanes that want different words of one bank wait for each other, so the cost is the
// largest number of different words in one bank. An access of 8 or 16 bytes a lane is served to half or a quarter of
// the lanes at a time.
#include "runtime.hpp"
#include <algorithm>
#include <unordered_map>
#include <vector>

namespace sim {

struct Group {
    uint64_t address[32];
    uint64_t base; // where the array begins: bank 0 of shared memory
    uint32_t lanes;
    uint16_t size;
    bool shared;
    Kind kind;
};

struct Counter {
    std::unordered_map<uint64_t, Group> groups;
    std::vector<std::vector<uint32_t>> ordinals; // per thread, per line: how many accesses so far
};

void count(const Region* region, int64_t offset, uint32_t size, int line, Kind kind) {
    Machine& m = *machine;
    if (!m.counter) m.counter = new Counter();
    Counter& counter = *m.counter;
    const uint32_t id = m.current->id;
    if (counter.ordinals.size() < m.count) counter.ordinals.resize(m.count);
    std::vector<uint32_t>& mine = counter.ordinals[id];
    const uint32_t at = static_cast<uint32_t>(line);
    if (mine.size() <= at) mine.resize(at + 1);
    const uint64_t ordinal = mine[at]++;
    Group& group = counter.groups[static_cast<uint64_t>(id / 32) << 58 | static_cast<uint64_t>(at) << 40 | ordinal];
    group.address[id % 32] = reinterpret_cast<uint64_t>(region->base) + static_cast<uint64_t>(offset);
    group.base = reinterpret_cast<uint64_t>(region->base);
    group.lanes |= 1u << (id % 32);
    group.size = static_cast<uint16_t>(size);
    group.shared = region->shared;
    group.kind = kind;
}

static uint64_t different(std::vector<uint64_t>& values) {
    std::sort(values.begin(), values.end());
    return static_cast<uint64_t>(std::unique(values.begin(), values.end()) - values.begin());
}

static void add_shared(const Group& group, Counts& counts) {
    const unsigned together = group.size <= 4 ? 32 : group.size <= 8 ? 16 : 8;
    for (unsigned first = 0; first < 32; first += together) {
        std::vector<uint64_t> banks[32];
        bool any = false;
        for (unsigned lane = first; lane < first + together; lane++) {
            if (!(group.lanes >> lane & 1)) continue;
            any = true;
            const uint64_t word = (group.address[lane] - group.base) / 4;
            for (unsigned i = 0; i < std::max(1u, group.size / 4u); i++) banks[(word + i) % 32].push_back(word + i);
        }
        if (!any) continue;
        uint64_t passes = 1;
        for (auto& bank : banks) passes = std::max(passes, different(bank));
        counts.shared_requests++;
        counts.shared_passes += passes;
    }
}

static void add_global(const Group& group, Counts& counts) {
    std::vector<uint64_t> sectors;
    uint64_t bytes = 0;
    for (unsigned lane = 0; lane < 32; lane++) {
        if (!(group.lanes >> lane & 1)) continue;
        bytes += group.size;
        sectors.push_back(group.address[lane] / 32);
        sectors.push_back((group.address[lane] + group.size - 1) / 32);
    }
    const uint64_t moved = different(sectors);
    if (group.kind == kind_atomic) {
        counts.atomics++;
    } else if (group.kind == kind_read) {
        counts.loads++;
        counts.load_sectors += moved;
        counts.load_bytes += bytes;
    } else {
        counts.stores++;
        counts.store_sectors += moved;
        counts.store_bytes += bytes;
    }
}

// At the end of a block: adds up what its warps did.
void count_block() {
    Machine& m = *machine;
    if (!m.request->counts) return;
    Counts& counts = *m.request->counts;
    counts.blocks++;
    counts.threads += m.count;
    if (!m.counter) return;
    for (auto& entry : m.counter->groups) {
        if (entry.second.shared) {
            add_shared(entry.second, counts);
        } else {
            add_global(entry.second, counts);
        }
    }
    m.counter->groups.clear();
    for (auto& mine : m.counter->ordinals) mine.clear();
}

void free_counter() {
    delete machine->counter;
    machine->counter = nullptr;
}

} // namespace sim
