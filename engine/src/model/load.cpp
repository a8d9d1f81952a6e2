#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <system_error>

#include "base/utf8_path.hpp"
#include "base/within_memory.hpp"
#include "device/device_sampler.hpp"
#include "formats/gguf.hpp"
#include "formats/hf_folder.hpp"
#include "formats/printable.hpp"
#include "model/arch/arch.hpp"
#include "model/bring_to_device.hpp"
#include "model/model_state.hpp"
#include "model/mtp.hpp"
#include "model/rope.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

namespace
{

Error cancelled(const std::string& file_name)
{
    return {ErrorCode::cancelled, "opening " + file_name + " was cancelled"};
}

Result<const Arch*> arch_of(const ModelFile& file)
{
    const auto name = file.string("general.architecture");
    if (!name) {
        return Error{ErrorCode::format,
                     file.name() + ": the key general.architecture is missing; this GGUF holds no model"};
    }
    if (const Arch* arch = find_arch(*name)) {
        return arch;
    }
    std::string known;
    for (const Arch& arch : all_archs()) {
        known += (known.empty() ? "" : ", ") + std::string(arch.architecture);
    }
    return Error{ErrorCode::unsupported,
                 file.name() + ": the architecture \"" + printable(*name) + "\" is not supported; known are: " + known};
}

/// Llama 3 stores its scaling as one divisor per frequency.
ConclaveRope make_rope(const Config& config, TensorSource& tensors)
{
    const int n_dims = config.rotary_dim;
    const std::span<float> table = tensors.derive(n_dims / 2);
    rope_inverse_frequencies(config, n_dims, table);
    if (tensors.has("rope_freqs.weight")) {
        const float* divisors = tensors.vector("rope_freqs.weight", n_dims / 2);
        for (int i = 0; divisors && i < n_dims / 2; ++i) {
            if (!std::isfinite(divisors[i]) || divisors[i] <= 0) {
                tensors.fail("tensor rope_freqs.weight holds " + std::to_string(divisors[i]) +
                             ", which divides no frequency; the file is damaged");
            }
            table[static_cast<size_t>(i)] /= divisors[i];
        }
    }
    return {table.data(), n_dims, config.rope_interleave, static_cast<float>(rope_magnitude(config.rope_scaling))};
}

/// token_embd fixes the vocabulary; a file without `output` shares the embedding.
void bind_ends(TensorSource& tensors, const ModelFile& file, Config& config, Weights& weights)
{
    const FileTensor* embedding = file.find("token_embd.weight");
    const int64_t n_vocab = embedding ? embedding->dims[1] : 1;
    if (n_vocab < 1 || n_vocab > max_vocab) {
        tensors.fail("tensor token_embd.weight has " + std::to_string(n_vocab) + " rows, outside 1 to " +
                     std::to_string(max_vocab) + "; the file is damaged");
        return;
    }
    config.vocab_size = static_cast<int>(n_vocab);
    weights.n_vocab = config.vocab_size;
    weights.hidden = config.hidden_size;
    weights.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    weights.embedding = tensors.matrix("token_embd.weight", n_vocab, config.hidden_size);
    weights.output =
        tensors.has("output.weight") ? tensors.matrix("output.weight", n_vocab, config.hidden_size) : weights.embedding;
    weights.output_norm = tensors.vector("output_norm.weight", config.hidden_size);
}

/// Tensors of a layer that the engine computes without: kv_b beside its two halves, and tables that it makes itself.
bool is_spare(std::string_view name)
{
    return name == "attn_kv_b.weight" || name == "attn_rot_embd.weight" || name == "attn_rot_embd.freqs" ||
           name == "self_attn.rotary_emb.inv_freq";
}

/// The layer of "blk.LAYER.NAME", −1 for any other name; `name` becomes NAME.
int layer_of(std::string_view& name)
{
    int layer = -1;
    if (!name.starts_with("blk.")) {
        return -1;
    }
    const auto [end, error] = std::from_chars(name.data() + 4, name.data() + name.size(), layer);
    if (error != std::errc() || end == name.data() + name.size() || *end != '.') {
        return -1;
    }
    name.remove_prefix(static_cast<size_t>(end + 1 - name.data()));
    return layer;
}

/// A weight of a layer that nobody asked for would be left out of the answer, which would then not be the model's.
void refuse_unread(TensorSource& tensors, const ModelFile& file, int n_layers)
{
    const std::set<const FileTensor*> taken(tensors.taken().begin(), tensors.taken().end());
    for (const FileTensor& tensor : file.tensors()) {
        std::string_view name = tensor.name;
        const int layer = layer_of(name);
        if (layer >= 0 && layer < n_layers && !taken.contains(&tensor) && !is_spare(name)) {
            tensors.fail("tensor " + printable(tensor.spelling()) +
                         " has no place in this architecture, or a key that announces it is missing; " +
                         std::string(file.remedy()));
            return;
        }
    }
}

Result<void> bind(ModelState& model, const Arch& arch, TensorSource& tensors, std::stop_token stop)
{
    bind_ends(tensors, model.file, model.config, model.weights);
    const ConclaveRope rope = make_rope(model.config, tensors);
    for (int i = 0; i < model.config.num_hidden_layers && !tensors.error(); ++i) {
        if (stop.stop_requested()) {
            return cancelled(model.file.name());
        }
        model.weights.layers.push_back(arch.bind_layer(tensors, model.config, rope, i));
    }
    refuse_unread(tensors, model.file, model.config.num_hidden_layers);
    if (tensors.error()) {
        return *tensors.error();
    }
    bind_mtp(model, arch, rope);
    return {};
}

/// Touches every page of the weights, so that the first answer does not wait for the disk.
Result<void> bring_in(ModelState& model, std::span<const FileTensor* const> tensors, const LoadProgress& progress,
                      std::stop_token stop)
{
    constexpr size_t page = 4096, report_every = size_t{16} << 20;
    // A sampler of its own: the engine's takes differences that belong to whoever shows them.
    const auto available = DeviceSampler().sample().memory_available_bytes;
    if (available && model.weights_bytes > *available) {
        model.engine->log(LogLevel::warning,
                          model.file.name() + " is larger than the free memory: its pages are read when needed");
        progress(model.weights_bytes, model.weights_bytes);
        return {};
    }
    uint64_t done = 0, next_report = 0;
    volatile uint8_t sink = 0;
    for (const FileTensor* tensor : tensors) {
        for (const auto bytes : tensor->pieces()) {
            for (size_t at = 0; at < bytes.size(); at += page) {
                sink = bytes[at];
                if (done + at >= next_report) {
                    if (stop.stop_requested()) {
                        return cancelled(model.file.name());
                    }
                    progress(done + at, model.weights_bytes);
                    next_report = done + at + report_every;
                }
            }
            done += bytes.size();
        }
    }
    static_cast<void>(sink);
    progress(model.weights_bytes, model.weights_bytes);
    return {};
}

/// What a terminal would obey becomes a blank.
std::string without_controls(std::string_view text)
{
    std::string out(text);
    std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out;
}

void describe(ModelState& model, const Arch& arch, std::span<const FileTensor* const> tensors)
{
    ModelInfo& info = model.info;
    const Config& config = model.config;
    info.name = without_controls(model.file.string("general.name").value_or(model.file.name()));
    info.family = arch.family;
    info.architecture = arch.architecture;
    info.n_layers = config.num_hidden_layers;
    for (int i = 0; i < info.n_layers; ++i) {
        if (model.weights.layers[static_cast<size_t>(i)].routes()) {
            info.moe_layers.push_back(i);
        }
    }
    info.n_experts = config.n_routed_experts;
    info.n_experts_used = config.num_experts_per_tok;
    info.n_shared_experts = config.n_shared_experts;
    info.n_group = config.n_group;
    info.topk_group = config.topk_group;
    info.routing_rule = describe_routing(config);
    info.routing_rule_source = config.routing_rule_source;
    info.context_length = config.max_position_embeddings;
    info.n_vocab = config.vocab_size;
    info.file_bytes = model.file.file_bytes();
    info.file_hash = model.file.hash();

    const WeightTotals totals = count_weights(model.weights);
    info.n_params = totals.n_params;
    info.n_params_active = totals.n_params_active;
    model.active_bytes = totals.active_bytes;
    if (model.weights.mtp) {
        info.n_params_mtp = count_mtp_params(model.weights);
    }
    std::map<std::string, uint64_t> quant;
    for (const FileTensor* tensor : tensors) {
        // The one format whose files are plain bytes.
        const DType dtype = tensor->dtype == DType::U8 ? DType::MXFP4 : tensor->dtype;
        quant[std::string(dtype_info(dtype)->name)] += tensor->n_bytes();
        model.weights_bytes += tensor->n_bytes();
    }
    info.quant.assign(quant.begin(), quant.end());
    std::stable_sort(info.quant.begin(), info.quant.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
}

/// Of a file, or of the files in a folder; what cannot be read counts nothing.
uint64_t bytes_at(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        const auto n_bytes = std::filesystem::file_size(path, ignored);
        return ignored ? 0 : n_bytes;
    }
    uint64_t n_bytes = 0;
    for (std::filesystem::directory_iterator at(path, ignored), end; !ignored && at != end; at.increment(ignored)) {
        n_bytes += at->is_regular_file(ignored) ? at->file_size(ignored) : 0;
    }
    return n_bytes;
}

Error no_memory(const std::string& file_name, uint64_t n_bytes)
{
    return out_of_memory("opening " + file_name, n_bytes, "close other programs or open a smaller model");
}

Result<std::shared_ptr<const Model>> open_file(const Engine& engine, const std::filesystem::path& path,
                                               const LoadProgress& progress, const std::stop_token& stop)
{
    const auto folder = hf_folder_of(path);
    auto file = folder ? open_hf_folder(*folder) : open_gguf(path);
    if (!file) {
        return file.error();
    }
    auto model = std::make_shared<ModelState>(engine.state(), *std::move(file));
    const auto arch = arch_of(model->file);
    if (!arch) {
        return arch.error();
    }
    auto config = (*arch)->read_config(model->file, std::string((*arch)->architecture));
    if (!config) {
        return config.error();
    }
    model->config = *std::move(config);

    TensorSource tensors(model->file, model->weights.derived);
    const auto bound = within_memory([&] { return bind(*model, **arch, tensors, stop); },
                                     [&] { return no_memory(model->file.name(), model->weights.derived.bytes()); });
    if (!bound) {
        return bound.error();
    }
    describe(*model, **arch, tensors.taken());
    if (auto text = load_text(*model); !text) {
        return text.error();
    }
    if (engine.state()->place().device) {
        if (auto brought = bring_to_device(*model, progress, stop); !brought) {
            return brought.error();
        }
        if (stop.stop_requested()) {
            return cancelled(model->file.name());
        }
    } else if (progress) {
        if (auto read = bring_in(*model, tensors.taken(), progress, stop); !read) {
            return read.error();
        }
    }
    if (auto whole = model->check_mapping(); !whole) {
        return whole.error();
    }
    return std::make_shared<const Model>(std::move(model));
}

} // namespace

Result<std::shared_ptr<const Model>> Model::open(const Engine& engine, const std::filesystem::path& path,
                                                 const LoadProgress& progress, std::stop_token stop)
{
    // What is read besides tensors (keys, vocabulary) takes about the bytes it has in the file, whose size bounds it.
    return within_memory([&] { return open_file(engine, path, progress, stop); },
                         [&] { return no_memory(utf8_from_path(path.filename()), bytes_at(path)); });
}

} // namespace conclave
