#include "device/emulated/fiber.hpp"

#include <cstdint>

// void conclave_switch_stack(void** save, void* load): pushes what a callee must preserve, leaves the stack pointer in
// *save, and goes on where the stack `load` was left. A fresh stack is laid out as if it had been left at entry.
asm(R"(
.text
.globl conclave_switch_stack
.hidden conclave_switch_stack
.type conclave_switch_stack, @function
conclave_switch_stack:
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
.globl conclave_enter_fiber
.hidden conclave_enter_fiber
.type conclave_enter_fiber, @function
conclave_enter_fiber:
    movq %r12, %rdi
    jmp *%r13
)");

extern "C" {
void conclave_switch_stack(void** save, void* load);
void conclave_enter_fiber();
}

namespace conclave::emulated
{

void Fiber::start(void* stack_end, void (*entry)(void*), void* argument)
{
    // From the top: a return address that is never used, which also aligns the stack as a call would; where to go on;
    // then the six registers in the order that the switch pops them from below.
    void** top = static_cast<void**>(stack_end);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(&conclave_enter_fiber);
    *--top = nullptr;                        // rbp
    *--top = nullptr;                        // rbx
    *--top = argument;                       // r12
    *--top = reinterpret_cast<void*>(entry); // r13
    *--top = nullptr;                        // r14
    *--top = nullptr;                        // r15
    m_own = static_cast<void*>(top);
}

void Fiber::resume()
{
    conclave_switch_stack(&m_caller, m_own);
}

void Fiber::suspend()
{
    conclave_switch_stack(&m_own, m_caller);
}

} // namespace conclave::emulated
