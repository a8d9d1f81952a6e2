#include "golden_vocabulary.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/load_le.hpp"

namespace conclave
{
namespace
{

/// Reads numbers and texts one after another; throws at the end of the file, which fails the test.
class Reader
{
public:
    explicit Reader(std::string bytes) : m_bytes(std::move(bytes)) {}

    template <class T>
    T number()
    {
        return load_le<T>(take(sizeof(T)).data());
    }
    std::string text(size_t size) { return std::string(take(size)); }

private:
    std::string_view take(size_t size)
    {
        if (size > m_bytes.size() - m_at) {
            throw std::runtime_error("a golden file ends early");
        }
        m_at += size;
        return std::string_view(m_bytes).substr(m_at - size, size);
    }

    std::string m_bytes;
    size_t m_at = 0;
};

TokenType token_type(uint8_t gguf_type)
{
    return gguf_type == 3 ? TokenType::control : gguf_type == 4 ? TokenType::user_defined : TokenType::normal;
}

} // namespace

std::string golden_path(const std::string& name)
{
    return std::string(CONCLAVE_SOURCE_DIR) + "/tests/golden/text/" + name;
}

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> golden_strings()
{
    Reader reader(read_file(golden_path("strings.bin")));
    std::vector<std::string> strings(reader.number<uint32_t>());
    for (std::string& string : strings) {
        string = reader.text(reader.number<uint16_t>());
    }
    return strings;
}

GoldenVocabulary golden_vocabulary(const std::string& pre_tokenizer)
{
    Reader reader(read_file(golden_path(pre_tokenizer + ".bin")));
    GoldenVocabulary golden;
    VocabularyData& data = golden.data;
    data.pre_tokenizer = pre_tokenizer;
    const auto n_tokens = reader.number<uint32_t>();
    for (uint32_t i = 0; i < n_tokens; ++i) {
        const auto size = reader.number<uint8_t>();
        data.types.push_back(token_type(reader.number<uint8_t>()));
        data.tokens.push_back(reader.text(size));
        if (data.tokens.back() == "<｜begin▁of▁sentence｜>") {
            data.bos = static_cast<int32_t>(i);
        }
    }
    const auto n_merges = reader.number<uint32_t>();
    for (uint32_t i = 0; i < n_merges; ++i) {
        const std::string& left = data.tokens.at(reader.number<uint16_t>());
        const std::string& right = data.tokens.at(reader.number<uint16_t>());
        data.merges.push_back(left + " " + right);
    }
    golden.ids.resize(golden_strings().size());
    for (auto& ids : golden.ids) {
        ids.resize(reader.number<uint16_t>());
        for (int32_t& id : ids) {
            id = reader.number<uint16_t>();
        }
    }
    return golden;
}

std::shared_ptr<const Tokenizer> golden_tokenizer(const std::string& pre_tokenizer)
{
    auto tokenizer = Tokenizer::create(golden_vocabulary(pre_tokenizer).data);
    EXPECT_TRUE(tokenizer) << tokenizer.error().message;
    return *tokenizer;
}

} // namespace conclave
