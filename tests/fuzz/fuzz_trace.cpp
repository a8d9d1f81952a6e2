// Bytes as a trace file: an error or a trace whose routes have one shape, never harm.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "base/crc32c.hpp"
#include "base/load_le.hpp"
#include "conclave/trace.hpp"
#include "fuzz_target.hpp"
#include "trace/trace_format.hpp"

namespace
{

using namespace conclave;

/// A file of this process. It stays behind when a run crashes: that is the input to look at.
const std::filesystem::path& input_path()
{
    static const std::filesystem::path path = [] {
        const auto stamp = std::chrono::steady_clock::now().time_since_epoch().count();
        auto made = std::filesystem::temp_directory_path() / std::format("fuzz_trace_{}.ctr", stamp);
        std::atexit([] { std::filesystem::remove(input_path()); });
        return made;
    }();
    return path;
}

/// Makes the checksums fit again, record by record, so that changes reach the decoding behind them.
std::vector<uint8_t> sealed(std::span<const uint8_t> bytes)
{
    std::vector<uint8_t> out(bytes.begin(), bytes.end());
    constexpr size_t frame = trace_record_head + trace_record_tail;
    for (size_t at = 0; out.size() - at >= frame;) {
        const size_t payload = load_le<uint32_t>(out.data() + at + 4);
        if (payload > out.size() - at - frame) {
            break;
        }
        const size_t checked = trace_record_head + payload;
        const uint32_t crc = crc32c(std::span(out).subspan(at, checked));
        std::memcpy(out.data() + at + checked, &crc, sizeof crc);
        at += payload + frame;
    }
    return out;
}

bool sound(const Trace& trace)
{
    const size_t layers = trace.header.moe_layers.size();
    const size_t choices = layers * static_cast<size_t>(trace.header.n_experts_used);
    int64_t last = INT64_MIN;
    for (const TraceToken& token : trace.tokens) {
        const bool whole = token.ids.size() == choices && token.weights.size() == choices &&
                           token.margins.size() == layers && token.groups.size() == layers;
        if (token.position <= last || (token.has_routes && !whole)) {
            return false;
        }
        last = token.position;
    }
    return true;
}

void write_input(std::span<const uint8_t> bytes)
{
    std::filesystem::remove(input_path()); // to truncate it and write it anew waits for the disk on some systems
    std::ofstream file(input_path(), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    write_input(sealed({data, size}));
    const auto trace = read_trace(input_path());
    if (trace ? !sound(*trace) : !trace.error().message.ends_with('.')) {
        std::fprintf(stderr, "fuzz_trace: a trace that contradicts itself, or an error that is no sentence\n");
        std::abort();
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    TraceHeader header;
    header.model_name = "model";
    header.moe_layers = {1, 2, 4};
    header.n_experts = 8;
    header.n_experts_used = 2;
    {
        auto writer = *TraceWriter::create(input_path(), header);
        static_cast<void>(writer.prompt(
            {.messages = {{Role::user, "hello"}}, .ids = {1, 2, 3}, .pieces = {"he", "l", "lo"}, .n_cached = 1}));
        for (int position = 0; position < 40; ++position) {
            TraceToken token{.generated = position > 3,
                             .position = position,
                             .id = position,
                             .text = "t",
                             .logprob = {},
                             .entropy = {},
                             .top = {},
                             .t_ns = {},
                             .ids = {},
                             .weights = {},
                             .margins = {},
                             .groups = {}};
            token.has_routes = position % 5 != 4;
            if (token.has_routes) {
                const auto expert = static_cast<uint16_t>(position % 7);
                token.ids = {0, 1, expert, 7, 7, expert};
                token.weights.assign(6, 0.5f);
                token.margins.assign(3, 0.25f);
                token.groups = {1, 2, static_cast<uint32_t>(position)};
            }
            if (token.generated) {
                token.logprob = -1.0f;
                token.entropy = 2.0f;
                token.t_ns = position;
                token.top = {{1, -1.0f}, {2, -2.0f}};
            }
            static_cast<void>(writer.token(token));
            if (position % 10 == 9) {
                static_cast<void>(writer.flush());
                TraceTelemetry telemetry;
                telemetry.sample.cpu_utilization = 0.5;
                telemetry.sample.gpus.resize(2);
                static_cast<void>(writer.telemetry(telemetry));
            }
        }
        static_cast<void>(writer.end({.stop = "stopped", .prefill_tps = {}, .decode_tps = {}}));
    }
    std::ifstream file(input_path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return {std::vector<uint8_t>(bytes.begin(), bytes.end())};
}
