// Decoding equals the gguf Python package bit for bit on the random blocks of tests/golden/quant (make.py writes them).
#include <algorithm>
#include <bit>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/load_le.hpp"
#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

struct Case {
    DType dtype;
    std::vector<uint8_t> blocks;
    std::vector<float> values;
};

std::vector<Case> read_cases()
{
    std::ifstream file(CONCLAVE_SOURCE_DIR "/tests/golden/quant/decode.bin", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const char* p = bytes.data();
    const auto take = [&p] {
        const auto value = load_le<uint32_t>(p);
        p += 4;
        return value;
    };
    std::vector<Case> cases(bytes.empty() ? 0 : take());
    for (Case& c : cases) {
        c.dtype = static_cast<DType>(take());
        c.values.resize(take());
        c.blocks.resize(take());
        std::copy_n(p, c.blocks.size(), c.blocks.begin());
        p += c.blocks.size();
        for (float& value : c.values) {
            value = load_le<float>(p);
            p += 4;
        }
    }
    EXPECT_EQ(p, bytes.data() + bytes.size());
    return cases;
}

void expect_equal_bits(const std::vector<float>& got, const std::vector<float>& want, const std::string& what)
{
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want[i]))
            << what << " element " << i << ": " << got[i] << ", not " << want[i];
}

TEST(CodecGolden, CoversEveryType)
{
    std::set<DType> seen;
    for (const Case& c : read_cases())
        seen.insert(c.dtype);
    for (const DTypeInfo& info : all_dtypes())
        EXPECT_TRUE(seen.contains(info.dtype)) << info.name;
}

TEST(CodecGolden, DecodesAsTheGgufPackageDoes)
{
    for (const Case& c : read_cases()) {
        const std::string name(dtype_info(c.dtype)->name);
        std::vector<float> out(c.values.size());
        codec(c.dtype).decode_ref(c.blocks.data(), static_cast<int64_t>(out.size()), out.data());
        expect_equal_bits(out, c.values, name + " reference");
        for (const std::string& target : supported_kernel_targets()) {
            ASSERT_TRUE(select_kernel_target(target));
            std::ranges::fill(out, -1.0f);
            codec(c.dtype).decode(c.blocks.data(), static_cast<int64_t>(out.size()), out.data());
            expect_equal_bits(out, c.values, name + " " + target);
        }
        select_kernel_target("auto");
    }
}

} // namespace
} // namespace conclave
