#pragma once

namespace conclave::emulated
{

/// Code with a stack of its own that hands the processor back and forth with its caller: a switch stores seven
/// registers and makes no system call. System V x86-64 only. A fiber ends by never being resumed.
class Fiber
{
public:
    /// The next resume() calls entry(argument) on the stack that ends at `stack_end` (a multiple of 16); entry must not
    /// return.
    void start(void* stack_end, void (*entry)(void*), void* argument);
    /// From the caller: runs the fiber until it suspends.
    void resume();
    /// From the fiber: back to where it was resumed.
    void suspend();

private:
    void* m_own = nullptr;
    void* m_caller = nullptr;
};

} // namespace conclave::emulated
