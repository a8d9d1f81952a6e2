// Decoding equals the gguf Python package bit for bit on random blocks; tests/golden/quant/make.py wrote the hashes of
// what it decodes and says how the blocks come about.
#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "base/hash64.hpp"
#include "random_blocks.hpp"
#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

constexpr size_t n_runs = 8;

struct Case {
    std::string name;
    int32_t type = 0;
    int64_t n = 0;
    std::array<uint64_t, n_runs> hashes{};
};

std::vector<Case> read_cases()
{
    std::ifstream file(CONCLAVE_SOURCE_DIR "/tests/golden/quant/decode.txt");
    std::vector<Case> cases;
    for (Case c; file >> c.name >> std::dec >> c.type >> c.n;) {
        for (uint64_t& hash : c.hashes)
            file >> std::hex >> hash;
        cases.push_back(c);
    }
    EXPECT_TRUE(file.eof());
    return cases;
}

/// SplitMix64, the lowest byte of each number first.
std::vector<uint8_t> random_bytes(uint64_t seed, size_t n)
{
    std::vector<uint8_t> bytes(n);
    uint64_t bits = 0;
    for (size_t i = 0; i < n; ++i, bits >>= 8) {
        if (i % 8 == 0) {
            uint64_t z = seed += 0x9E3779B97F4A7C15u;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
            bits = z ^ (z >> 31);
        }
        bytes[i] = static_cast<uint8_t>(bits);
    }
    return bytes;
}

std::vector<uint8_t> golden_blocks(const DTypeInfo& info, int64_t n)
{
    auto bytes =
        random_bytes(static_cast<uint64_t>(info.dtype), static_cast<size_t>(n / info.block_size * info.block_bytes));
    for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
        const auto keep_finite = [&](int byte, int exponent) {
            if (uint8_t& b = bytes[at + static_cast<size_t>(byte)]; (b & exponent) == exponent)
                b ^= 0x40;
        };
        for (const int half : halves_of(info.dtype))
            keep_finite(half + 1, 0x7C);
        if (info.dtype == DType::F32)
            keep_finite(3, 0x7F);
        else if (info.dtype == DType::BF16)
            keep_finite(1, 0x7F);
        else if (info.dtype == DType::F8_E4M3)
            keep_finite(0, 0x7F);
        else if (info.dtype == DType::IQ1_M)
            keep_finite(iq1_m::scales + 7, 0x70);
    }
    return bytes;
}

void expect_hashes(const std::vector<float>& values, const Case& c, const std::string& how)
{
    const size_t run = values.size() / n_runs;
    for (size_t i = 0; i < n_runs; ++i)
        EXPECT_EQ(hash64({reinterpret_cast<const uint8_t*>(&values[i * run]), 4 * run}), c.hashes[i])
            << c.name << " " << how << ", elements from " << i * run << " on";
}

TEST(CodecGolden, CoversEveryType)
{
    std::set<std::string, std::less<>> seen;
    for (const Case& c : read_cases()) {
        ASSERT_TRUE(dtype_info(c.type)) << c.name;
        EXPECT_EQ(dtype_info(c.type)->name, c.name);
        seen.insert(c.name);
    }
    for (const DTypeInfo& info : all_dtypes())
        EXPECT_TRUE(seen.contains(info.name)) << info.name;
}

TEST(CodecGolden, DecodesAsTheGgufPackageDoes)
{
    for (const Case& c : read_cases()) {
        const DTypeInfo& info = *dtype_info(c.type);
        const auto blocks = golden_blocks(info, c.n);
        std::vector<float> out(static_cast<size_t>(c.n));
        codec(info.dtype).decode_ref(blocks.data(), c.n, out.data());
        expect_hashes(out, c, "reference");
        for (const std::string& target : supported_kernel_targets()) {
            ASSERT_TRUE(select_kernel_target(target));
            out.assign(out.size(), -1.0f);
            codec(info.dtype).decode(blocks.data(), c.n, out.data());
            expect_hashes(out, c, target);
        }
        select_kernel_target("auto");
    }
}

} // namespace
} // namespace conclave
