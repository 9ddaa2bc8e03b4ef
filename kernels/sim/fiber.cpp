// Fibers: many stacks, one thread of the host. Switching is a dozen instructions where we wrote them ourselves (x86-64,
// System V calling convention) and `swapcontext` of the C library elsewhere.
#include "runtime.hpp"

#if defined(__x86_64__) && defined(__linux__)
#define SIM_FAST_SWITCH 1
// void sim_switch(void** save, void* load): pushes what a callee must preserve, leaves the stack pointer in *save, takes
// the other stack and pops the same there.
asm(R"(
    .text
    .p2align 4
    .globl sim_switch
    .hidden sim_switch
    .type sim_switch, @function
sim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size sim_switch, .-sim_switch
)");
extern "C" void sim_switch(void** save, void* load) __attribute__((visibility("hidden")));
#else
#define SIM_FAST_SWITCH 0
#endif

namespace sim {

static bool fast() { return SIM_FAST_SWITCH && !machine->request->plain_fibers; }

void start_fiber(Fiber& fiber, char* stack, uint64_t bytes) {
    if (!fast()) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stack;
        fiber.context.uc_stack.ss_size = bytes;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, fiber_body, 0);
        return;
    }
    // As if `sim_switch` had been called from the first instruction of fiber_body: six registers, then the address to
    // return to. On entry to a function the stack pointer is 8 below a multiple of 16.
    void** top = reinterpret_cast<void**>(stack + bytes);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(&fiber_body);
    for (int i = 0; i < 6; i++) *--top = nullptr;
    fiber.stack_pointer = top;
}

void resume(Fiber& fiber) {
    machine->current = &fiber;
#if SIM_FAST_SWITCH
    if (fast()) {
        sim_switch(&machine->scheduler, fiber.stack_pointer);
        return;
    }
#endif
    swapcontext(&machine->scheduler_context, &fiber.context);
}

void yield() {
    Fiber& fiber = *machine->current;
#if SIM_FAST_SWITCH
    if (fast()) {
        sim_switch(&fiber.stack_pointer, machine->scheduler);
        return;
    }
#endif
    swapcontext(&fiber.context, &machine->scheduler_context);
}

} // namespace sim
