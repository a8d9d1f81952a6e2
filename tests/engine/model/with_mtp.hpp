#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave::test
{

/// A GGUF of F32 tensors taken apart as far as adding some needs it.
class TakenApart
{
public:
    struct Tensor {
        std::string name;
        std::vector<uint64_t> dims;
        std::vector<float> data;
    };

    explicit TakenApart(const std::filesystem::path& path)
    {
        std::ifstream in(path, std::ios::binary);
        m_bytes.assign(std::istreambuf_iterator<char>(in), {});
        m_at = 8;
        const auto n_tensors = get<uint64_t>(), n_keys = get<uint64_t>();
        m_n_keys = n_keys;
        m_keys_begin = m_at;
        for (uint64_t i = 0; i < n_keys; ++i) {
            skip_text();
            skip_value(get<uint32_t>());
        }
        m_keys_end = m_at;
        std::vector<uint64_t> offsets;
        for (uint64_t i = 0; i < n_tensors; ++i) {
            Tensor tensor{text(), {}, {}};
            tensor.dims.resize(get<uint32_t>());
            for (uint64_t& dim : tensor.dims)
                dim = get<uint64_t>();
            if (get<uint32_t>() != 0)
                throw std::runtime_error(tensor.name + " is not F32");
            offsets.push_back(get<uint64_t>());
            tensors.push_back(std::move(tensor));
        }
        const size_t base = (m_at + 31) / 32 * 32;
        for (size_t i = 0; i < tensors.size(); ++i) {
            size_t n = 1;
            for (const uint64_t dim : tensors[i].dims)
                n *= dim;
            tensors[i].data.resize(n);
            std::memcpy(tensors[i].data.data(), m_bytes.data() + base + offsets[i], n * sizeof(float));
        }
    }

    const Tensor* find(const std::string& name) const
    {
        for (const Tensor& tensor : tensors)
            if (tensor.name == name)
                return &tensor;
        return nullptr;
    }

    void write(const std::filesystem::path& path) const
    {
        std::string out = m_bytes.substr(0, 8);
        put(out, static_cast<uint64_t>(tensors.size()));
        put(out, m_n_keys);
        out += m_bytes.substr(m_keys_begin, m_keys_end - m_keys_begin);
        uint64_t offset = 0;
        for (const Tensor& tensor : tensors) {
            put(out, static_cast<uint64_t>(tensor.name.size()));
            out += tensor.name;
            put(out, static_cast<uint32_t>(tensor.dims.size()));
            for (const uint64_t dim : tensor.dims)
                put(out, dim);
            put(out, uint32_t{0});
            put(out, offset);
            offset += (tensor.data.size() * sizeof(float) + 31) / 32 * 32;
        }
        for (const Tensor& tensor : tensors) {
            out.resize((out.size() + 31) / 32 * 32);
            out.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size() * sizeof(float));
        }
        out.resize((out.size() + 31) / 32 * 32);
        std::ofstream(path, std::ios::binary) << out;
    }

    std::vector<Tensor> tensors;

private:
    template <class T>
    T get()
    {
        T value;
        std::memcpy(&value, m_bytes.data() + m_at, sizeof value);
        m_at += sizeof value;
        return value;
    }
    template <class T>
    static void put(std::string& out, T value)
    {
        out.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    std::string text()
    {
        const auto n = get<uint64_t>();
        m_at += n;
        return m_bytes.substr(m_at - n, n);
    }
    void skip_text() { m_at += get<uint64_t>(); }
    void skip_value(uint32_t type)
    {
        constexpr size_t size_of[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}; // by GGUF's numbers; 8 text, 9 array
        if (type == 8)
            return skip_text();
        if (type != 9) {
            m_at += size_of[type];
            return;
        }
        const auto element = get<uint32_t>();
        const auto n = get<uint64_t>();
        for (uint64_t i = 0; i < n; ++i)
            skip_value(element);
    }

    std::string m_bytes;
    size_t m_at = 0, m_keys_begin = 0, m_keys_end = 0;
    uint64_t m_n_keys = 0;
};

/// A copy of a golden model whose block of multi-token prediction, of which the file has a part only, is whole: its
/// layer is a copy of the last one before it, its projection random.
inline std::filesystem::path with_mtp(const std::string& name)
{
    TakenApart model(golden(name));
    int layer = 0;
    while (!model.find("blk." + std::to_string(layer) + ".nextn.eh_proj.weight"))
        ++layer;
    const std::string from = "blk." + std::to_string(layer - 1) + ".", to = "blk." + std::to_string(layer) + ".";
    const std::vector<TakenApart::Tensor> before = model.tensors;
    for (const auto& tensor : before)
        if (tensor.name.starts_with(from) && !model.find(to + tensor.name.substr(from.size())))
            model.tensors.push_back({to + tensor.name.substr(from.size()), tensor.dims, tensor.data});
    uint64_t hidden = 0;
    uint32_t random = 1;
    for (auto& tensor : model.tensors)
        if (tensor.name == to + "nextn.eh_proj.weight") {
            hidden = tensor.dims[1];
            for (float& value : tensor.data) {
                random = random * 1664525u + 1013904223u;
                value = (static_cast<float>(random >> 8) / 8388608.0f - 1.0f) / 4;
            }
        }
    for (const char* norm : {"enorm", "hnorm", "shared_head_norm"})
        model.tensors.push_back({to + "nextn." + norm + ".weight", {hidden}, std::vector<float>(hidden, 1.0f)});
    const std::filesystem::path path = scratch_folder() / ("mtp-" + name);
    model.write(path);
    return path;
}

} // namespace conclave::test
