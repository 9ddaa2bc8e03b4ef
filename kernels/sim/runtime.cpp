// Runs a launch: block by block, the threads of a block in turns, with barriers and warp instructions.
#include "runtime.hpp"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace sim {

thread_local Machine* machine = nullptr;

static constexpr uint64_t stack_bytes = 64 * 1024;
static constexpr uint64_t max_static_bytes = 48 * 1024;
static const char* const op_names[] = {"__syncwarp", "a shuffle", "a vote", "a warp-wide instruction"};

// Writes "block (0, 0, 0), thread (3, 0, 0), line 12: ..." for one fiber.
static void report(Fault fault, const Fiber* fiber, int line, const char* format, va_list rest) {
    Machine& m = *machine;
    m.fault = fault;
    char* out = m.request->message;
    size_t left = m.request->message_bytes;
    int n = snprintf(out, left, "block (%u, %u, %u), ", m.block_index.x, m.block_index.y, m.block_index.z);
    if (fiber) n += snprintf(out + n, left - n, "thread (%u, %u, %u), ", fiber->thread.x, fiber->thread.y, fiber->thread.z);
    if (line) n += snprintf(out + n, left - n, "line %d: ", line);
    vsnprintf(out + n, left - n, format, rest);
}

void stop(Fault fault, int line, const char* format, ...) {
    va_list rest;
    va_start(rest, format);
    report(fault, machine->current, line, format, rest);
    va_end(rest);
    yield(); // the scheduler sees the fault and lets this fiber be
    abort();
}

static void stop_from_outside(Fault fault, const Fiber& fiber, const char* format, ...) {
    va_list rest;
    va_start(rest, format);
    report(fault, &fiber, fiber.line, format, rest);
    va_end(rest);
}

void barrier(int line) {
    Fiber& me = *machine->current;
    me.state = at_barrier;
    me.line = line;
    yield();
}

// If all lanes that `first` waits for are there, gives each its result and wakes them.
static bool complete_warp(Fiber& first) {
    Machine& m = *machine;
    const unsigned base = first.id / 32 * 32;
    uint32_t here = 0, votes = 0;
    for (unsigned lane = 0; lane < 32; lane++) {
        if (!(first.mask >> lane & 1) || base + lane >= m.count) continue;
        const Fiber& other = m.fibers[base + lane];
        if (other.state == done) continue;
        if (other.state != at_warp || other.op != first.op || other.mask != first.mask) return false;
        here |= 1u << lane;
        votes |= static_cast<uint32_t>(other.value != 0) << lane;
    }
    uint32_t joined[32] = {};
    for (unsigned lane = 0; lane < 32; lane++) {
        if (!(here >> lane & 1)) continue;
        Fiber& fiber = m.fibers[base + lane];
        if (fiber.op == op_shuffle) {
            if (!(here >> fiber.source & 1)) {
                const bool named = first.mask >> fiber.source & 1;
                const char* why = base + fiber.source >= m.count ? "there is no such thread"
                                  : named                        ? "that lane has left the kernel"
                                                                 : "the mask does not name that lane";
                stop_from_outside(fault_absent_lane, fiber, "shuffles from lane %d, but %s (mask 0x%08x)", fiber.source,
                                  why, first.mask);
                return true;
            }
            fiber.result = m.fibers[base + fiber.source].value;
        } else {
            fiber.result = votes | static_cast<uint64_t>(here) << 32;
        }
        for (unsigned l = 0; l < 32; l++) joined[l] = joined[l] > fiber.clocks[l] ? joined[l] : fiber.clocks[l];
    }
    for (unsigned lane = 0; lane < 32; lane++) {
        if (!(here >> lane & 1)) continue;
        Fiber& fiber = m.fibers[base + lane];
        fiber.state = ready;
        if (fiber.op != op_sync) continue; // only __syncwarp orders memory
        memcpy(fiber.clocks, joined, sizeof joined);
        fiber.clocks[lane]++;
    }
    return true;
}

uint64_t warp(Op op, uint32_t mask, uint64_t value, int source, int line) {
    Fiber& me = *machine->current;
    if (!(mask >> (me.id % 32) & 1)) {
        stop(fault_divergent_warp, line, "%s with mask 0x%08x, which does not name the calling lane %u", op_names[op], mask,
             me.id % 32);
    }
    me.state = at_warp;
    me.op = op;
    me.mask = mask;
    me.value = value;
    me.source = source;
    me.line = line;
    if (!complete_warp(me) || machine->fault) yield();
    return me.result;
}

void fiber_body() {
    Machine& m = *machine;
    m.run(m.request->args);
    Fiber& me = *m.current;
    me.state = done;
    // Lanes that wait for all that have not left may now go on.
    const unsigned base = me.id / 32 * 32;
    for (unsigned lane = 0; lane < 32 && base + lane < m.count && !m.fault; lane++) {
        if (m.fibers[base + lane].state == at_warp) complete_warp(m.fibers[base + lane]);
    }
    yield();
    abort();
}

void Copies::commit() {
    groups.push_back(begun);
    begun.clear();
}

void Copies::wait(unsigned left) {
    for (; groups.size() > left; groups.pop_front()) {
        for (const Copy& copy : groups.front()) {
            touch(copy.to, copy.offset, sizeof copy.element, copy.line, kind_write);
            memcpy(copy.to->base + copy.offset, copy.element, sizeof copy.element);
        }
    }
}

Region* shared_array(const Site& site, uint64_t bytes, uint32_t unit, bool dynamic) {
    Machine& m = *machine;
    for (unsigned i = 0; i < m.num_arrays; i++) {
        if (m.arrays[i].site == &site) return &m.arrays[i].region;
    }
    if (m.num_arrays == max_shared_arrays) stop(fault_limit, site.line, "more than %u shared arrays", max_shared_arrays);
    if (dynamic) {
        bytes = m.request->shared_bytes;
    } else {
        m.static_bytes += bytes;
        if (m.static_bytes > max_static_bytes) {
            stop(fault_limit, site.line, "%llu bytes of static shared memory, more than the 49152 that a block may have",
                 static_cast<unsigned long long>(m.static_bytes));
        }
    }
    SharedArray& array = m.arrays[m.num_arrays++];
    array.site = &site;
    char* base = static_cast<char*>(calloc(bytes + 16, 1));
    Shadow* shadow = static_cast<Shadow*>(calloc(bytes / unit + 1, sizeof(Shadow)));
    array.region = {base, bytes, shadow, site.name, unit, 1, 0};
    return &array.region;
}

// No thread can run, and not all are done: says who waits for whom.
static void explain(Machine& m) {
    for (unsigned i = 0; i < m.count; i++) {
        const Fiber& fiber = m.fibers[i];
        if (fiber.state != at_warp) continue;
        for (unsigned lane = 0; lane < 32; lane++) {
            const unsigned id = i / 32 * 32 + lane;
            if (!(fiber.mask >> lane & 1) || id >= m.count || m.fibers[id].state == done) continue;
            const Fiber& other = m.fibers[id];
            if (other.state == at_warp && other.op == fiber.op && other.mask == fiber.mask) continue;
            stop_from_outside(fault_divergent_warp, fiber, "%s with mask 0x%08x waits for lane %u, which is at %s of line %d",
                              op_names[fiber.op], fiber.mask, lane,
                              other.state == at_barrier ? "the barrier" : op_names[other.op], other.line);
            return;
        }
    }
    const Fiber* waiting = nullptr;
    const Fiber* gone = nullptr;
    for (unsigned i = 0; i < m.count; i++) {
        if (m.fibers[i].state == at_barrier && !waiting) waiting = &m.fibers[i];
        if (m.fibers[i].state == done && !gone) gone = &m.fibers[i];
    }
    stop_from_outside(fault_divergent_barrier, *waiting, "waits at __syncthreads, but thread (%u, %u, %u) left the kernel",
                      gone->thread.x, gone->thread.y, gone->thread.z);
}

// All threads wait at a barrier: it must be the same one.
static void release_barrier(Machine& m) {
    for (unsigned i = 1; i < m.count; i++) {
        if (m.fibers[i].line == m.fibers[0].line) continue;
        const Dim other = m.fibers[0].thread;
        stop_from_outside(fault_divergent_barrier, m.fibers[i],
                          "waits at __syncthreads, but thread (%u, %u, %u) waits at that of line %d", other.x, other.y,
                          other.z, m.fibers[0].line);
        return;
    }
    for (unsigned i = 0; i < m.count; i++) m.fibers[i].state = ready;
    m.epoch++;
    if (m.request->counts) m.request->counts->barriers++;
}

static void run_block(Machine& m) {
    m.block_start = ++m.epoch;
    m.starts[m.started++] = m.block_start;
    for (unsigned i = 0; i < m.count; i++) {
        Fiber& fiber = m.fibers[i];
        fiber.id = i;
        fiber.thread = {i % m.block_size.x, i / m.block_size.x % m.block_size.y, i / (m.block_size.x * m.block_size.y)};
        fiber.state = ready;
        fiber.line = 0;
        fiber.copies = &m.copies[i];
        fiber.copies->begun.clear();
        fiber.copies->groups.clear();
        memset(fiber.clocks, 0, sizeof fiber.clocks);
        fiber.clocks[i % 32] = 1;
        start_fiber(fiber, m.stacks + i * stack_bytes, stack_bytes);
    }
    while (!m.fault) {
        bool moved = false;
        for (unsigned k = 0; k < m.count && !m.fault; k++) {
            Fiber& fiber = m.fibers[m.request->reversed ? m.count - 1 - k : k];
            if (fiber.state != ready) continue;
            moved = true;
            resume(fiber);
        }
        if (moved || m.fault) continue;
        unsigned waiting = 0, ended = 0;
        for (unsigned i = 0; i < m.count; i++) {
            waiting += m.fibers[i].state == at_barrier;
            ended += m.fibers[i].state == done;
        }
        if (ended == m.count) return;
        if (waiting == m.count) {
            release_barrier(m);
        } else {
            explain(m);
        }
    }
}

} // namespace sim

// Runs one launch and returns the fault, 0 if it went through. Rust has checked that the sizes are positive and within
// the limits of a GPU, and that the arguments fit the kernel.
extern "C" __attribute__((visibility("default"))) int sim_run(const sim::Entry* entry, sim::Request* request) {
    using namespace sim;
    const uint32_t* grid = request->grid;
    const uint32_t* block = request->block;
    const unsigned blocks = grid[0] * grid[1] * grid[2];
    Machine& m = *static_cast<Machine*>(calloc(1, sizeof(Machine)));
    m.request = request;
    m.run = entry->run;
    m.count = block[0] * block[1] * block[2];
    m.block_size = {block[0], block[1], block[2]};
    m.grid_size = {grid[0], grid[1], grid[2]};
    m.epoch = m.launch_start = request->epoch;
    m.starts = static_cast<uint32_t*>(malloc(blocks * sizeof(uint32_t)));
    m.fibers = static_cast<Fiber*>(calloc(m.count, sizeof(Fiber)));
    std::vector<Copies> copies(m.count);
    m.copies = copies.data();
    void* stacks = mmap(nullptr, m.count * stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stacks == MAP_FAILED || !m.fibers || !m.starts) {
        m.fault = fault_limit;
        snprintf(request->message, request->message_bytes, "no memory for the stacks of %u threads", m.count);
    } else {
        m.stacks = static_cast<char*>(stacks);
        machine = &m;
        for (unsigned k = 0; k < blocks && !m.fault; k++) {
            const unsigned b = request->reversed ? blocks - 1 - k : k;
            m.block_index = {b % grid[0], b / grid[0] % grid[1], b / (grid[0] * grid[1])};
            run_block(m);
            count_block();
        }
        if (request->counts) request->counts->launches++;
        free_counter();
        machine = nullptr;
        munmap(stacks, m.count * stack_bytes);
    }
    for (unsigned i = 0; i < m.num_arrays; i++) {
        free(m.arrays[i].region.base);
        free(m.arrays[i].region.shadow);
    }
    request->epoch = m.epoch + 1;
    const int fault = m.fault;
    free(m.fibers);
    free(m.starts);
    free(&m);
    return fault;
}

extern "C" __attribute__((visibility("default"))) uint32_t sim_shadow_bytes() { return sizeof(sim::Shadow); }
