#include "ops/device_weights.hpp"

#include <cstring>

#include "ops/shapes.hpp"
#include "ops/weight_rows.hpp"
#include "tensor/f8_e4m3.hpp"

namespace conclave
{

namespace
{

constexpr uint64_t alignment = 256; // wide loads of any type, and what the device's own allocations have

int64_t n_scale_blocks(int64_t n)
{
    return (n + f8_scale_block - 1) / f8_scale_block;
}

} // namespace

uint64_t DeviceWeights::reserve(uint64_t n_bytes)
{
    const uint64_t at = m_n_bytes;
    m_n_bytes += (n_bytes + alignment - 1) / alignment * alignment;
    return at;
}

void DeviceWeights::add(const float*& values, int64_t n)
{
    if (!values)
        return;
    const uint64_t n_bytes = static_cast<uint64_t>(n) * sizeof(float);
    const auto [known, is_new] = m_known.try_emplace({values, n_bytes}, m_n_bytes);
    if (is_new)
        m_pieces.push_back({values, reserve(n_bytes), n_bytes, {}});
    m_pointers.push_back({&values, known->second});
}

void DeviceWeights::add(ConclaveMatrix& m)
{
    if (!present(m))
        return;
    const bool as_it_is = m_device.reads(m.dtype) != 0;
    const auto row_bytes = as_it_is ? m.row_bytes : m.n_cols * static_cast<int64_t>(sizeof(float));
    const auto matrix_bytes = static_cast<uint64_t>(m.n_rows * row_bytes);
    const auto n_bytes = matrix_bytes * static_cast<uint64_t>(m.n_matrices);
    const auto [known, is_new] = m_known.try_emplace({m.data, n_bytes}, m_n_bytes);
    const uint64_t begin = known->second;
    if (is_new)
        reserve(n_bytes);
    for (int32_t i = 0; is_new && i < m.n_matrices; ++i) {
        const uint64_t at = begin + static_cast<uint64_t>(i) * matrix_bytes;
        if (as_it_is) {
            m_pieces.push_back({row_of(m, i, 0), at, matrix_bytes, {}});
            continue;
        }
        ConclaveMatrix one = m;
        one.data = row_of(m, i, 0);
        one.parts = nullptr;
        m_pieces.push_back({nullptr, at, matrix_bytes, one});
    }
    if (as_it_is)
        add(m.scale, m.n_matrices * n_scale_blocks(m.n_rows) * n_scale_blocks(m.n_cols));
    m.dtype = as_it_is ? m.dtype : static_cast<int32_t>(DType::F32);
    m.row_bytes = row_bytes;
    m.matrix_bytes = static_cast<int64_t>(matrix_bytes);
    m.parts = nullptr;
    m_pointers.push_back({&m.data, begin});
}

void DeviceWeights::add(ConclaveMlaWeights& w)
{
    for (ConclaveMatrix* matrix : {&w.q, &w.q_a, &w.q_b, &w.kv_a, &w.k_b, &w.v_b, &w.o})
        add(*matrix);
    add(w.attn_norm, w.hidden);
    add(w.q_a_norm, w.q_lora_rank);
    add(w.kv_a_norm, w.kv_lora_rank);
    add_rope(w.rope);
}

void DeviceWeights::add(ConclaveGqaWeights& w)
{
    for (ConclaveMatrix* matrix : {&w.q, &w.k, &w.v, &w.o})
        add(*matrix);
    const bool by_row = w.qk_norm == conclave_qk_norm_row;
    add(w.attn_norm, w.hidden);
    add(w.q_bias, w.q.n_rows);
    add(w.k_bias, w.k.n_rows);
    add(w.v_bias, w.v.n_rows);
    add(w.q_norm, by_row ? w.q.n_rows : w.head_dim);
    add(w.k_norm, by_row ? w.k.n_rows : w.head_dim);
    add_rope(w.rope);
}

void DeviceWeights::add(ConclaveMlpWeights& w)
{
    for (ConclaveMatrix* matrix : {&w.gate, &w.up, &w.down})
        add(*matrix);
    add(w.norm, w.hidden);
}

void DeviceWeights::add(ConclaveMtpWeights& w)
{
    add(w.embedding);
    add(w.eh_proj);
    add(w.enorm, w.hidden);
    add(w.hnorm, w.hidden);
}

void DeviceWeights::add(ConclaveMoeWeights& w)
{
    for (ConclaveMatrix* matrix :
         {&w.router, &w.gate_exps, &w.up_exps, &w.down_exps, &w.gate_shexp, &w.up_shexp, &w.down_shexp, &w.shexp_gate})
        add(*matrix);
    add(w.norm, w.hidden);
    add(w.bias, w.n_experts);
}

ConclaveStatus DeviceWeights::unpack(ConclaveBackend backend, const ConclaveMatrix& matrix, std::byte* to,
                                     ConclaveMessage* message)
{
    std::vector<float> row(static_cast<size_t>(matrix.n_cols));
    const uint64_t n_bytes = row.size() * sizeof(float);
    for (int64_t r = 0; r < matrix.n_rows; ++r, to += n_bytes) {
        decode_row(matrix, 0, r, row.data());
        const ConclaveStatus status = m_device.upload(backend, to, row.data(), n_bytes, message);
        if (status != conclave_ok)
            return status;
    }
    return conclave_ok;
}

ConclaveStatus DeviceWeights::run(ConclaveBackend backend, std::byte* memory,
                                  const std::function<bool(uint64_t)>& progress, ConclaveMessage* message)
{
    for (const Piece& piece : m_pieces) {
        const ConclaveStatus status =
            present(piece.unpack) ? unpack(backend, piece.unpack, memory + piece.at, message)
                                  : m_device.upload(backend, memory + piece.at, piece.from, piece.n_bytes, message);
        if (status != conclave_ok)
            return status;
        if (progress && !progress(piece.n_bytes))
            return conclave_ok;
    }
    for (const Pointer& pointer : m_pointers) {
        const std::byte* there = memory + pointer.at;
        std::memcpy(pointer.address, &there, sizeof there);
    }
    return m_device.synchronize(backend, message);
}

} // namespace conclave
