#include "trace/trace_records.hpp"

#include <algorithm>

namespace conclave
{
namespace
{

constexpr std::string_view magic = "conclave";

// More than any chat has. A message or a piece takes several times its bytes in memory, so their number is bounded.
constexpr size_t max_messages = 65'536;
constexpr size_t max_pieces = 1 << 20;
constexpr size_t max_gpus = 64;

int32_t narrow(int value)
{
    return value;
} // int is 32 bits on every platform this builds for

} // namespace

void put(ByteWriter& out, const TraceHeader& header)
{
    out.put_all(std::span<const char>(magic));
    for (const std::string* text :
         {&header.model_name, &header.architecture, &header.file_hash, &header.quant, &header.kernels,
          &header.routing_rule, &header.routing_rule_source, &header.app_version}) {
        out.put_text(*text);
    }
    out.put(static_cast<uint32_t>(header.moe_layers.size()));
    out.put_all(std::span<const int32_t>(header.moe_layers));
    for (const int value : {header.n_layers, header.n_experts, header.n_experts_used, header.n_shared_experts,
                            header.n_group, header.topk_group, header.n_vocab}) {
        out.put(narrow(value));
    }
    for (const float value : {header.temperature, header.top_p, header.min_p, header.repetition_penalty}) {
        out.put(value);
    }
    out.put(narrow(header.top_k));
    out.put(header.seed);
    out.put(header.unix_ms);
    out.put_text(header.samplers);
    out.put_text(header.kv);
}

bool get(ByteReader& in, TraceHeader& header)
{
    if (in.get_bytes(magic.size()) != magic) {
        return false;
    }
    for (std::string* text :
         {&header.model_name, &header.architecture, &header.file_hash, &header.quant, &header.kernels,
          &header.routing_rule, &header.routing_rule_source, &header.app_version}) {
        *text = in.get_text();
    }
    header.moe_layers = in.get_all<int32_t>(in.get<uint32_t>());
    for (int* value : {&header.n_layers, &header.n_experts, &header.n_experts_used, &header.n_shared_experts,
                       &header.n_group, &header.topk_group, &header.n_vocab}) {
        *value = in.get<int32_t>();
    }
    for (float* value : {&header.temperature, &header.top_p, &header.min_p, &header.repetition_penalty}) {
        *value = in.get<float>();
    }
    header.top_k = in.get<int32_t>();
    header.seed = in.get<uint64_t>();
    header.unix_ms = in.get<int64_t>();
    if (in.left() > 0) { // absent in files of before there were more samplers
        header.samplers = in.get_text();
    }
    if (in.left() > 0) {
        header.kv = in.get_text();
    }
    return !in.failed();
}

void put(ByteWriter& out, const TracePrompt& prompt)
{
    out.put(static_cast<uint32_t>(prompt.messages.size()));
    for (const ChatMessage& message : prompt.messages) {
        out.put(static_cast<uint8_t>(message.role));
        out.put_text(message.content);
    }
    out.put(static_cast<uint32_t>(prompt.ids.size()));
    out.put_all(std::span<const int32_t>(prompt.ids));
    out.put(static_cast<uint32_t>(prompt.pieces.size()));
    for (const std::string& piece : prompt.pieces) {
        out.put_text(piece);
    }
    out.put(narrow(prompt.n_cached));
}

bool get(ByteReader& in, TracePrompt& prompt)
{
    prompt.messages.resize(in.get_count(max_messages));
    for (ChatMessage& message : prompt.messages) {
        const auto role = in.get<uint8_t>();
        if (role > static_cast<uint8_t>(Role::tool)) {
            return false;
        }
        message.role = static_cast<Role>(role);
        message.content = in.get_text();
    }
    prompt.ids = in.get_all<int32_t>(in.get<uint32_t>());
    prompt.pieces.resize(in.get_count(std::min(max_pieces, in.left() / sizeof(uint32_t))));
    for (std::string& piece : prompt.pieces) {
        piece = in.get_text();
    }
    prompt.n_cached = in.get<int32_t>();
    return !in.failed();
}

void put(ByteWriter& out, const TraceTelemetry& telemetry)
{
    const DeviceSample& sample = telemetry.sample;
    out.put(telemetry.t_ns);
    out.put(sample.t_ns);
    out.put_optional(sample.cpu_utilization);
    out.put_optional(sample.process_cores);
    out.put_optional(sample.memory_total_bytes);
    out.put_optional(sample.memory_available_bytes);
    out.put_optional(sample.process_resident_bytes);
    out.put_optional(sample.process_file_bytes);
    out.put_optional(sample.major_faults);
    out.put_text(sample.gpu_status);
    out.put(static_cast<uint32_t>(sample.gpus.size()));
    for (const GpuSample& gpu : sample.gpus) {
        out.put_text(gpu.name);
        out.put_optional(gpu.utilization);
        out.put_optional(gpu.memory_used_bytes);
        out.put_optional(gpu.memory_total_bytes);
        out.put_optional(gpu.power_watts);
        out.put_optional(gpu.temperature_celsius);
    }
}

bool get(ByteReader& in, TraceTelemetry& telemetry)
{
    DeviceSample& sample = telemetry.sample;
    telemetry.t_ns = in.get<int64_t>();
    sample.t_ns = in.get<int64_t>();
    sample.cpu_utilization = in.get_optional<double>();
    sample.process_cores = in.get_optional<double>();
    sample.memory_total_bytes = in.get_optional<uint64_t>();
    sample.memory_available_bytes = in.get_optional<uint64_t>();
    sample.process_resident_bytes = in.get_optional<uint64_t>();
    sample.process_file_bytes = in.get_optional<uint64_t>();
    sample.major_faults = in.get_optional<uint64_t>();
    sample.gpu_status = in.get_text();
    sample.gpus.resize(in.get_count(max_gpus));
    for (GpuSample& gpu : sample.gpus) {
        gpu.name = in.get_text();
        gpu.utilization = in.get_optional<double>();
        gpu.memory_used_bytes = in.get_optional<uint64_t>();
        gpu.memory_total_bytes = in.get_optional<uint64_t>();
        gpu.power_watts = in.get_optional<double>();
        gpu.temperature_celsius = in.get_optional<double>();
    }
    return !in.failed();
}

void put(ByteWriter& out, const TraceEnd& end)
{
    out.put_text(end.stop);
    out.put(narrow(end.n_prompt));
    out.put(narrow(end.n_cached));
    out.put(narrow(end.n_generated));
    out.put(end.ttft_ms);
    out.put_optional(end.prefill_tps);
    out.put_optional(end.decode_tps);
    out.put(end.sum_counts);
}

bool get(ByteReader& in, TraceEnd& end)
{
    end.stop = in.get_text();
    end.n_prompt = in.get<int32_t>();
    end.n_cached = in.get<int32_t>();
    end.n_generated = in.get<int32_t>();
    end.ttft_ms = in.get<double>();
    end.prefill_tps = in.get_optional<double>();
    end.decode_tps = in.get_optional<double>();
    end.sum_counts = in.get<uint64_t>();
    return !in.failed();
}

} // namespace conclave
