#include "failed_input.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

// The sanitizers end a program without a signal that it could handle; null where there is none.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace conclave
{
namespace
{

constexpr unsigned max_seconds = 60; // what runs longer hangs: the driver's own bound is far below

// Read by handlers of signals, which are given nothing.
std::string program_name;
std::span<const uint8_t> current;
const char* current_what = "";
unsigned long long current_which = 0;

/// Async-signal-safe but for snprintf, which formats numbers and short texts without allocating.
void write_current()
{
    char path[256];
    std::snprintf(path, sizeof(path), "fuzz-failure-%s-%d.bin", program_name.c_str(), static_cast<int>(getpid()));
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool whole = file >= 0;
    for (size_t done = 0; whole && done < current.size();) {
        const ssize_t n = write(file, current.data() + done, current.size() - done);
        whole = n > 0;
        done += n > 0 ? static_cast<size_t>(n) : 0;
    }
    char line[400];
    const int size = std::snprintf(line, sizeof(line), "%s: failed at %s %llu; the input is %s %s\n",
                                   program_name.c_str(), current_what, current_which, whole ? "in" : "not in", path);
    static_cast<void>(!write(STDERR_FILENO, line, static_cast<size_t>(size)));
}

void on_signal(int signal)
{
    write_current();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

} // namespace

void keep_inputs_of_crashes(const std::string& program)
{
    program_name = program;
    std::vector<int> signals = {SIGABRT, SIGALRM};
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(write_current);
    } else {
        signals.insert(signals.end(), {SIGSEGV, SIGBUS, SIGFPE, SIGILL});
        // A stack that is full is no place for a handler.
        static std::vector<char> stack(size_t{1} << 16);
        const stack_t other{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
        sigaltstack(&other, nullptr);
    }
    for (const int signal : signals) {
        struct sigaction action{};
        action.sa_handler = on_signal;
        action.sa_flags = SA_ONSTACK;
        sigaction(signal, &action, nullptr);
    }
}

void watch_input(std::span<const uint8_t> input, const char* what, uint64_t which)
{
    current = input;
    current_what = what;
    current_which = which;
    alarm(max_seconds);
}

void keep_input()
{
    write_current();
}

} // namespace conclave
