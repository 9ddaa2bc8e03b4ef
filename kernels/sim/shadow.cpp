// The detectors of memory errors. Every access of a kernel to global or shared memory comes through `touch`.
//
// A race is: two threads touch a word, at least one of them writes, not both atomically, and nothing orders the two.
// Between threads of a block __syncthreads orders, within a warp __syncwarp too (a shuffle does not: CUDA promises no
// memory order for it); between blocks of one launch nothing does.
#include "runtime.hpp"
#include <cstdio>
#include <cstring>

namespace sim {

static constexpr uint32_t was_atomic = 1;   // the last write was atomic
static constexpr uint32_t many_threads = 2; // atomics of several threads since the last barrier
static constexpr uint32_t many_blocks = 4;  // atomics of several blocks in this launch

static Dim thread_of(uint32_t id) {
    const Dim size = machine->block_size;
    return {id % size.x, id / size.x % size.y, id / (size.x * size.y)};
}

// "thread (1, 0, 0)", with the block too if it is another one.
static void describe(const Access& access, char* out, size_t bytes) {
    const Machine& m = *machine;
    const Dim t = thread_of(access.thread);
    if (access.epoch >= m.block_start) {
        snprintf(out, bytes, "thread (%u, %u, %u)", t.x, t.y, t.z);
        return;
    }
    unsigned serial = m.started - 1;
    while (serial > 0 && m.starts[serial] > access.epoch) serial--;
    const Dim grid = m.grid_size;
    if (m.request->reversed) serial = grid.x * grid.y * grid.z - 1 - serial;
    snprintf(out, bytes, "thread (%u, %u, %u) of block (%u, %u, %u)", t.x, t.y, t.z, serial % grid.x,
             serial / grid.x % grid.y, serial / (grid.x * grid.y));
}

// Whether another thread made this access in this launch and nothing orders it before what we do now.
static bool unordered(const Access& access, bool shared) {
    const Machine& m = *machine;
    const Fiber& me = *m.current;
    if (access.epoch < m.launch_start) return false;          // an earlier launch, or none
    if (access.epoch < m.block_start) return !shared;         // another block
    if (access.thread == me.id) return false;
    if (access.epoch < m.epoch) return false;                 // a barrier lies between
    const bool same_warp = access.thread / 32 == me.id / 32;
    return !(same_warp && me.clocks[access.thread % 32] >= access.clock);
}

[[noreturn]] static void race(const Region* region, int64_t index, int line, Kind kind, const Access& other, bool read) {
    char who[128];
    describe(other, who, sizeof who);
    const bool block = other.epoch < machine->block_start;
    static const char* const verbs[] = {"reads", "writes", "updates atomically"};
    stop(fault_race, line, "%s %s[%lld], which %s %s at line %u with %s between", verbs[kind], region->name,
         static_cast<long long>(index), who, read ? "reads" : "writes", other.line,
         block ? "no order of blocks" : "no barrier");
}

static void check_word(const Region* region, int64_t word, int line, Kind kind) {
    const Machine& m = *machine;
    const Fiber& me = *m.current;
    Shadow& shadow = region->shadow[word];
    const bool shared = region->shared;

    const bool written = shadow.write.epoch >= (shared ? m.block_start : 1) || (!shared && region->initialised);
    if (kind != kind_write && !written) {
        stop(fault_uninitialised, line, "reads %s[%lld], which nothing has written", region->name,
             static_cast<long long>(word));
    }
    const bool both_atomic = kind == kind_atomic && (shadow.flags & was_atomic);
    if (!both_atomic && unordered(shadow.write, shared)) race(region, word, line, kind, shadow.write, false);
    if (kind != kind_atomic && (shadow.flags & (many_threads | many_blocks))) {
        const bool in_launch = shadow.write.epoch >= m.launch_start;
        const bool others = (shadow.flags & many_blocks) ? in_launch && !shared : shadow.write.epoch == m.epoch;
        if (others) {
            stop(fault_race, line, "%s %s[%lld], which other threads update atomically at line %u with no barrier between",
                 kind == kind_read ? "reads" : "writes", region->name, static_cast<long long>(word), shadow.write.line);
        }
    }
    const Access access = {m.epoch, me.clocks[me.id % 32], static_cast<uint16_t>(me.id), static_cast<uint16_t>(line)};
    if (kind == kind_read) {
        // Slot 0 keeps the first reader of another block if there is one, else the first since the barrier.
        const Access& first = shadow.read[0];
        const bool other_block = !shared && first.epoch >= m.launch_start && first.epoch < m.block_start;
        const bool keep = other_block || (first.epoch == m.epoch && first.thread != me.id);
        shadow.read[keep] = access;
        return;
    }
    for (const Access& reader : shadow.read) {
        if (unordered(reader, shared)) race(region, word, line, kind, reader, true);
    }
    uint32_t flags = 0;
    if (kind == kind_atomic) {
        flags = was_atomic;
        if (shadow.flags & was_atomic) {
            const bool in_launch = shadow.write.epoch >= m.launch_start;
            if (in_launch && (shadow.write.epoch < m.block_start || (shadow.flags & many_blocks))) flags |= many_blocks;
            const bool other = shadow.write.thread != me.id || (shadow.flags & many_threads);
            if (shadow.write.epoch == m.epoch && other) flags |= many_threads;
        }
    }
    shadow.write = access;
    shadow.flags = flags;
}

void touch(const Region* region, int64_t offset, uint32_t size, int line, Kind kind) {
    if (offset < 0 || static_cast<uint64_t>(offset) + size > region->bytes) {
        const int64_t index = offset >= 0 ? offset / size : -((-offset + size - 1) / size);
        stop(fault_out_of_bounds, line, "%s %s[%lld]%s, but %s has %llu elements", kind == kind_read ? "reads" : "writes",
             region->name, static_cast<long long>(index), size > region->unit ? " as a vector" : "", region->name,
             static_cast<unsigned long long>(region->bytes / size));
    }
    if (static_cast<uint64_t>(offset) % size != 0) {
        stop(fault_misaligned, line, "%s %u bytes of %s at byte %lld, which is no multiple of %u",
             kind == kind_read ? "reads" : "writes", size, region->name, static_cast<long long>(offset), size);
    }
    if (size < region->unit) {
        stop(fault_limit, line, "%u-byte access to %s, whose elements have %u bytes: declare it with the smaller type",
             size, region->name, region->unit);
    }
    for (int64_t word = offset / region->unit; word < (offset + size) / region->unit; word++) {
        check_word(region, word, line, kind);
    }
    if (machine->request->counts) count(region, offset, size, line, kind);
}

} // namespace sim
