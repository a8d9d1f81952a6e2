// A program of its own, because it replaces operator new.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "conclave/session.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace
{

std::atomic<long> allocations = 0;

void* allocate(std::size_t n, std::size_t alignment = 0)
{
    ++allocations;
    void* memory =
        alignment > 0 ? std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment) : std::malloc(n);
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

/// Counts what the engine allocates between one token and the next; itself it allocates nothing.
class CountingSink : public conclave::EventSink
{
public:
    void on_token(const conclave::TokenEvent& event) override
    {
        if (event.index == 1)
            before = allocations;
        after = allocations;
        n_tokens = event.index + 1;
    }
    void on_step(const conclave::StepTrace&) override {}
    long before = 0, after = 0;
    int n_tokens = 0;
};

} // namespace

#include "generate/replaced_new.hpp"

int main()
{
    using namespace conclave;
    const Engine engine = test::make_engine("auto", 2);
    test::TinyModel tiny({.layers = 3});
    tiny.make_mtp(2, 32);
    const auto model = test::open_model(engine, tiny.write());
    Result<Session> sessions[] = {Session::create(model), Session::create(model, {.n_draft = 1})};
    if (!sessions[0] || !sessions[1])
        return 1;
    SamplerOptions chain{.temperature = 1,
                         .dynatemp_range = 0.5f,
                         .top_k = 30,
                         .top_p = 0.9f,
                         .min_p = 0.01f,
                         .typical_p = 0.99f,
                         .top_n_sigma = 3,
                         .xtc_probability = 0.5f,
                         .repetition_penalty = 1.1f,
                         .presence_penalty = 0.1f,
                         .repetition_window = -1,
                         .dry_multiplier = 0.5f,
                         .logit_bias = {{3, 1}},
                         .seed = 1};
    for (const int mirostat : {0, 1, 2})
        for (const int n_inspect : {0, 10}) {
            chain.mirostat = mirostat;
            for (Result<Session>& session : sessions) {
                CountingSink sink;
                const auto stats = session->generate(
                    {.prompt_ids = {1, 2, 3}, .sampler = chain, .max_tokens = 200, .n_inspect = n_inspect}, sink);
                std::printf("%ld allocations over %d tokens\n", sink.after - sink.before, sink.n_tokens - 2);
                if (!stats || sink.n_tokens != 200 || sink.after != sink.before || allocations == 0)
                    return 1;
            }
        }
    return 0;
}
