#pragma once

#include <cstdint>

#include "ops/op_table.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

/// Row counts at which kernels may differ: 1, 2 to 31, and from here on.
constexpr int32_t prefill_rows = 32;

/// Writes one printf-formatted sentence into message (may be null) and returns status.
[[gnu::format(printf, 3, 4)]] ConclaveStatus fail(ConclaveStatus status, ConclaveMessage* message, const char* format,
                                                  ...);

/// Whether the caller's weights can be used at all: shapes, types, presence. Each returns conclave_ok or
/// conclave_invalid with a sentence naming the matrix; they look at sizes only, never at weights. Thread: any.
ConclaveStatus check_matrix(const ConclaveMatrix& matrix, const char* name, int64_t n_rows, int64_t n_cols,
                            int32_t n_matrices, ConclaveMessage* message);
ConclaveStatus check_mla(const ConclaveMlaWeights& weights, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                         ConclaveMessage* message);
ConclaveStatus check_gqa(const ConclaveGqaWeights& weights, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                         ConclaveMessage* message);
ConclaveStatus check_mlp(const ConclaveMlpWeights& weights, ConclaveMessage* message);
ConclaveStatus check_moe(const ConclaveMoeWeights& weights, ConclaveMessage* message);
ConclaveStatus check_routes(const ConclaveMoeWeights& weights, int32_t n_rows, const ConclaveRoutes& routes,
                            ConclaveMessage* message);
ConclaveStatus check_mtp(const ConclaveMtpWeights& weights, const ConclaveBatch& batch, ConclaveMessage* message);
ConclaveStatus check_embed(const ConclaveMatrix& embedding, const ConclaveBatch& batch, ConclaveMessage* message);

inline bool present(const ConclaveMatrix& matrix)
{
    return matrix.data != nullptr;
}
inline const Codec& codec_of(const ConclaveMatrix& matrix)
{
    return codec(static_cast<DType>(matrix.dtype));
}
/// First byte of one row of one matrix.
inline const uint8_t* row_of(const ConclaveMatrix& matrix, int64_t index, int64_t row)
{
    const auto* first = matrix.parts ? static_cast<const uint8_t*>(matrix.parts[index])
                                     : static_cast<const uint8_t*>(matrix.data) + index * matrix.matrix_bytes;
    return first + row * matrix.row_bytes;
}

} // namespace conclave
