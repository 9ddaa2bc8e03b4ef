// What the parts of the simulator share: memory regions with their shadow, fibers, and the state of one launch.
//
// A launch runs on one thread of the host. The blocks of the grid run one after the other; the threads of a block are
// fibers that take turns. A fiber runs until it reaches a barrier or a warp instruction, or ends; so a program without
// races behaves as on a GPU, and one with races is found out by the shadow memory (shadow.cpp), not by luck.
#pragma once
#include <cstdint>
#include <deque>
#include <ucontext.h>
#include <vector>

namespace sim {

struct Dim {
    unsigned x, y, z;
};

// Why a launch was stopped. `FaultKind` in src/error.rs has the same order.
enum Fault : int {
    fault_none,
    fault_out_of_bounds,
    fault_misaligned,
    fault_uninitialised,
    fault_race,
    fault_divergent_barrier,
    fault_divergent_warp,
    fault_absent_lane,
    fault_limit,
};

// One access to a word. `epoch` counts barriers over the life of a device, so it says in which launch, in which block
// and between which barriers the access lies; `clock` counts the __syncwarp of the thread.
struct Access {
    uint32_t epoch, clock;
    uint16_t thread, line;
};

// What is remembered of a word: its last write and two different readers (two are enough: whoever writes next differs
// from at least one of them).
struct Shadow {
    Access write, read[2];
    uint32_t flags;
};

// A piece of global or shared memory with its bounds. `unit` is the size of a word of the shadow.
struct Region {
    char* base;
    uint64_t bytes;
    Shadow* shadow;
    const char* name;
    uint32_t unit;
    uint32_t shared;
    uint32_t initialised;
};

// Where a shared array is declared: every thread that passes there gets the same array.
struct Site {
    const char* name;
    int line;
};

// What launches asked of the device (`Counts` in src/counts.rs).
struct Counts {
    uint64_t launches, blocks, threads, barriers;
    uint64_t loads, load_sectors, load_bytes;    // by warps, from global memory
    uint64_t stores, store_sectors, store_bytes; // to global memory
    uint64_t shared_requests, shared_passes;
    uint64_t atomics;
    uint64_t tensor_operations; // multiplications and additions of the tensor cores
};

struct Counter;

// What Rust asks for (`Request` in src/simulator.rs).
struct Request {
    uint32_t grid[3], block[3];
    uint32_t shared_bytes;
    uint32_t reversed;       // run the blocks and threads from the last to the first
    uint32_t plain_fibers;   // switch by ucontext where the hand-written switch is there too
    uint32_t epoch;          // in: the first unused epoch of the device; out: likewise
    void* const* args;       // for a pointer a Region*, for a number its address
    char* message;           // receives the reason when the launch is stopped
    uint32_t message_bytes;
    Counts* counts;          // to add to, or null: nothing is counted
};

struct Entry {
    const char* name;
    void (*run)(void* const* args);
};

// A copy of 16 bytes to shared memory that is under way (sim/tensor.h).
struct Copy {
    const Region* to;
    int64_t offset;
    uint16_t element[8];
    int line;
};

// The copies of one thread: those begun since the last commit, and the groups committed.
struct Copies {
    std::vector<Copy> begun;
    std::deque<std::vector<Copy>> groups;
    void commit();
    void wait(unsigned left);
};

enum State : uint8_t { ready, at_barrier, at_warp, done };
enum Op : uint8_t { op_sync, op_shuffle, op_ballot, op_gather };

struct Fiber {
    void* stack_pointer;
    ucontext_t context;
    Dim thread;
    uint32_t id;
    State state;
    Op op;
    int line;
    uint32_t mask;       // the lanes that a warp instruction waits for
    int source;          // the lane that a shuffle reads
    uint64_t value;      // what this lane brings to the instruction
    uint64_t result;     // what it takes away
    const void* shown;   // what the other lanes may look at during a warp-wide instruction
    Copies* copies;
    uint32_t clocks[32]; // per lane of the warp: how much of its past happened before this point of ours
};

struct SharedArray {
    const Site* site;
    Region region;
};

constexpr unsigned max_shared_arrays = 32;

struct Machine {
    Fiber* current;
    Fiber* fibers;
    unsigned count;
    Dim block_index, block_size, grid_size;
    uint32_t epoch, block_start, launch_start;
    uint32_t* starts; // the first epoch of every block that ran, to name it later
    unsigned started;
    SharedArray arrays[max_shared_arrays];
    unsigned num_arrays;
    uint64_t static_bytes;
    Fault fault;
    Request* request;
    void (*run)(void* const*);
    void* scheduler;
    ucontext_t scheduler_context;
    char* stacks;
    Counter* counter;
    Copies* copies; // one for each thread
};

extern thread_local Machine* machine;

// Ends the launch with a message; `line` 0 means unknown. Never comes back.
[[noreturn]] void stop(Fault fault, int line, const char* format, ...) __attribute__((format(printf, 3, 4)));

enum Kind { kind_read, kind_write, kind_atomic };

// Checks bounds, alignment, initialisation and races of an access, and remembers it.
void touch(const Region* region, int64_t offset, uint32_t size, int line, Kind kind);

// Counting (count.cpp): an access of the running thread; the end of a block; the end of a launch.
void count(const Region* region, int64_t offset, uint32_t size, int line, Kind kind);
void count_block();
void free_counter();

// The shared array declared at `site`; `dynamic` is the one whose size the launch gives.
Region* shared_array(const Site& site, uint64_t bytes, uint32_t unit, bool dynamic);

void barrier(int line);
uint64_t warp(Op op, uint32_t mask, uint64_t value, int source, int line);

// Fibers (fiber.cpp).
void start_fiber(Fiber& fiber, char* stack, uint64_t bytes);
void resume(Fiber& fiber);
void yield();
void fiber_body();

} // namespace sim
