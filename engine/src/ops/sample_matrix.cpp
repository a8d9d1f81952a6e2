#include "ops/sample_matrix.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "tensor/block_layout.hpp"
#include "tensor/f8_e4m3.hpp"

namespace conclave
{

namespace
{

// An odd first byte is what a mapped file may give.
constexpr size_t misalignment = 1;
// FP8 is published with scales that bring the largest weight of a block near the largest number.
constexpr float f8_gain = 1024;

/// The half nearest to a positive value below 65504, rounded towards zero.
uint16_t half_bits(float value)
{
    if (value < 0x1p-14f)
        return static_cast<uint16_t>(value * 0x1p24f);
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    return static_cast<uint16_t>(((bits >> 23) - 112) << 10 | (bits >> 13 & 0x3FFu));
}

void store_half(uint8_t* p, float value)
{
    const uint16_t bits = static_cast<uint16_t>(half_bits(std::abs(value)) | (value < 0 ? 0x8000u : 0u));
    std::memcpy(p, &bits, sizeof bits);
}

/// The E4M3 nearest towards zero.
uint8_t f8_bits(float value)
{
    const float magnitude = std::min(std::abs(value), 448.0f);
    const uint32_t bits = std::bit_cast<uint32_t>(magnitude);
    const uint32_t byte =
        magnitude < 0x1p-6f ? static_cast<uint32_t>(magnitude * 0x1p9f) : ((bits >> 23) - 120) << 3 | (bits >> 20 & 7u);
    return static_cast<uint8_t>(byte | (value < 0 ? 0x80u : 0u));
}

/// Where a block keeps its scale and minimum, and what makes random quants come out with mean 0 and root mean square
/// `rms`.
struct BlockScale {
    int scale_at;
    int minimum_at; ///< −1: none
    float rms;      ///< of the quants around their mean, scale 1
    float minimum;  ///< in units of the scale
};

BlockScale block_scale(DType dtype)
{
    switch (dtype) {
    case DType::Q4_0:
        return {q4_0::d, -1, 4.6f, 0};
    case DType::Q4_1:
        return {q4_1::d, q4_1::m, 4.6f, -7.5f};
    case DType::Q5_0:
        return {q5_0::d, -1, 9.2f, 0};
    case DType::Q5_1:
        return {q5_1::d, q5_1::m, 9.2f, -15.5f};
    case DType::Q8_0:
        return {q8_0::d, -1, 74.0f, 0};
    case DType::Q4_K:
        return {q4_k::d, q4_k::dmin, 256.0f, 7.5f};
    case DType::Q5_K:
        return {q5_k::d, q5_k::dmin, 530.0f, 15.5f};
    case DType::IQ4_NL:
        return {iq4_nl::d, -1, 67.0f, 0};
    case DType::MXFP4:
        return {mxfp4::e, -1, 5.8f, 0};
    case DType::Q2_K:
        return {q2_k::d, q2_k::dmin, 13.9f, 1.5f};
    case DType::Q3_K:
        return {q3_k::d, -1, 43.0f, 0};
    case DType::IQ4_XS:
        return {iq4_xs::d, -1, 1247.0f, 0};
    case DType::IQ1_S:
        return {iq1_s::d, -1, 7.2f, 0};
    case DType::IQ1_M:
        return {iq1_m::scales, -1, 7.2f, 0};
    case DType::IQ2_XXS:
    case DType::IQ2_XS:
    case DType::IQ2_S:
        return {0, -1, 55.0f, 0};
    case DType::IQ3_XXS:
    case DType::IQ3_S:
        return {0, -1, 141.0f, 0};
    case DType::TQ1_0:
        return {tq1_0::d, -1, 0.82f, 0};
    case DType::TQ2_0:
        return {tq2_0::d, -1, 1.2f, 0};
    default:
        return {q6_k::d, -1, 1366.0f, 0};
    }
}

/// Gives a block the scale d, where most types have a half.
void store_scale(DType dtype, uint8_t* block, int at, float d)
{
    if (dtype == DType::MXFP4) { // a power of two, halved
        block[at] = static_cast<uint8_t>((std::bit_cast<uint32_t>(d) >> 23) + 1);
    } else if (dtype == DType::IQ1_M) { // the upper nibbles of four words, the lowest first
        const uint16_t bits = half_bits(d);
        for (int i = 0; i < 4; ++i) {
            uint8_t& byte = block[at + 2 * i + 1];
            byte = static_cast<uint8_t>((byte & 0xF) | (bits >> (4 * i) & 0xF) << 4);
        }
    } else {
        store_half(block + at, d);
    }
}

void fill_floats(SampleNumbers& numbers, DType dtype, float rms, uint8_t* out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        const float value = numbers.uniform(-rms, rms) * std::sqrt(3.0f);
        const uint32_t bits = std::bit_cast<uint32_t>(value);
        if (dtype == DType::F32)
            std::memcpy(out + 4 * i, &bits, 4);
        else if (dtype == DType::F16)
            store_half(out + 2 * i, value);
        else if (dtype == DType::F8_E4M3)
            out[i] = f8_bits(value * f8_gain);
        else
            std::memcpy(out + 2 * i, reinterpret_cast<const char*>(&bits) + 2, 2); // the upper half, little-endian
    }
}

} // namespace

uint64_t SampleNumbers::bits()
{
    uint64_t z = m_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

float SampleNumbers::uniform(float low, float high)
{
    return low + (high - low) * (static_cast<float>(bits() >> 40) * 0x1p-24f);
}

std::vector<float> SampleNumbers::floats(int64_t n, float rms)
{
    std::vector<float> values(static_cast<size_t>(n));
    for (float& v : values) // four uniforms are bell-shaped enough, and have tails a quantiser feels
        v = (uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1)) * rms * 0.866f;
    return values;
}

ConclaveMatrix SampleMatrix::view() const
{
    if (bytes.empty())
        return {};
    const DTypeInfo& type = *dtype_info(dtype);
    const int64_t row_bytes = n_cols / type.block_size * type.block_bytes;
    return {bytes.data() + misalignment,
            static_cast<int32_t>(dtype),
            n_matrices,
            n_rows,
            n_cols,
            row_bytes,
            row_bytes * n_rows,
            nullptr,
            scales.empty() ? nullptr : scales.data()};
}

SampleMatrix sample_matrix(SampleNumbers& numbers, DType dtype, int32_t n_matrices, int64_t n_rows, int64_t n_cols)
{
    SampleMatrix matrix;
    matrix.dtype = dtype;
    matrix.n_matrices = n_matrices;
    matrix.n_rows = n_rows;
    matrix.n_cols = n_cols;
    const DTypeInfo& type = *dtype_info(dtype);
    const int64_t n_blocks = n_matrices * n_rows * n_cols / type.block_size;
    matrix.bytes.resize(static_cast<size_t>(n_blocks * type.block_bytes) + misalignment);
    uint8_t* out = matrix.bytes.data() + misalignment;
    const float rms = 1.0f / std::sqrt(static_cast<float>(n_cols));
    if (type.block_size == 1) {
        fill_floats(numbers, dtype, rms, out, n_blocks);
        const auto per = [](int64_t n) { return (n + f8_scale_block - 1) / f8_scale_block; };
        for (int64_t i = 0; dtype == DType::F8_E4M3 && i < n_matrices * per(n_rows) * per(n_cols); ++i)
            matrix.scales.push_back(numbers.uniform(0.5f, 1.5f) / f8_gain);
        return matrix;
    }
    for (uint8_t& byte : matrix.bytes)
        byte = static_cast<uint8_t>(numbers.bits() >> 56);
    const BlockScale scale = block_scale(dtype);
    for (int64_t b = 0; b < n_blocks; ++b) {
        const float d = rms / scale.rms * numbers.uniform(0.5f, 1.5f);
        store_scale(dtype, out + b * type.block_bytes, scale.scale_at, d);
        if (scale.minimum_at >= 0)
            store_half(out + b * type.block_bytes + scale.minimum_at, d * scale.minimum);
    }
    return matrix;
}

} // namespace conclave
