// A program of its own, because it replaces operator new.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

#include "conclave/session.hpp"
#include "model/opened.hpp"

namespace
{

// Of the thread under test alone: the pool's workers go on undisturbed.
thread_local long left = std::numeric_limits<long>::max();

void* allocate(std::size_t n, std::size_t alignment)
{
    void* memory = nullptr;
    if (left > 0) {
        memory =
            alignment > 0 ? std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment) : std::malloc(n);
    }
    if (!memory) {
        left = std::numeric_limits<long>::max(); // the sentence about it needs memory itself
        throw std::bad_alloc();
    }
    --left;
    return memory;
}

bool tells(const conclave::Error& error)
{
    const std::string& text = error.message;
    return error.code == conclave::ErrorCode::out_of_memory &&
           (text.find(" MiB of memory, which is not free; ") != std::string::npos ||
            text.find(" bytes of working space") != std::string::npos);
}

/// Lets each allocation of `work` fail in turn, until it needs no more. Returns how many were answered by a sentence
/// with the memory wanted; -1 when one was answered by another. A sort that makes do without its buffer is no failure.
template <class Work>
long fail_each(const char* name, Work&& work)
{
    long told = 0;
    for (long n = 0;; ++n) {
        left = n;
        const auto result = work();
        const bool failed_one = left > std::numeric_limits<long>::max() / 2;
        left = std::numeric_limits<long>::max();
        if (!failed_one) {
            return told;
        }
        if (!result && !tells(result.error())) {
            std::printf("%s: allocation %ld: %s\n", name, n, result.error().message.c_str());
            return -1;
        }
        told += result ? 0 : 1;
    }
}

} // namespace

#include "generate/replaced_new.hpp"

int main()
{
    const conclave::Engine engine = conclave::test::make_engine("auto", 1);
    const auto path = conclave::test::golden("text.gguf");
    const long opening = fail_each("open", [&] { return conclave::Model::open(engine, path); });
    const auto model = conclave::test::open_model(engine, path);
    const long creating = fail_each("create", [&] { return conclave::Session::create(model, {.n_ctx = 64}); });
    const auto guide = conclave::test::open_model(engine, conclave::test::built_in_model());
    const long drafting =
        fail_each("draft", [&] { return conclave::Session::create(guide, {.n_ctx = 64, .n_draft = 1}); });
    std::printf("%ld allocations of an opening and %ld of a session (%ld of one that drafts) failed in turn, each with "
                "its sentence\n",
                opening, creating, drafting);
    return opening > 100 && creating > 10 && drafting > creating ? 0 : 1;
}
