#include "golden_vocabulary.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gtest/gtest.h>

#include "base/hash64.hpp"
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

std::vector<std::string> derived_strings()
{
    using namespace std::string_view_literals;
    constexpr size_t n_derived = 3000;
    constexpr std::string_view joins[] = {""sv,       " "sv,      "\r\n"sv, "\n\r\r\n"sv, "\t"sv,
                                          "\u3000"sv, "\u200d"sv, "7"sv,    "中"sv,       "\n\n "sv};
    constexpr std::string_view broken[] = {"\xff"sv,     "\xc3"sv,         "\xe4\xbd"sv,        "\xf0\x9f\x91"sv,
                                           "\xc0\xaf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv};
    const auto strings = golden_strings();
    std::vector<std::string> derived;
    for (size_t k = 0; k < n_derived; ++k) {
        const std::string& a = strings[(k * 7919 + 13) % strings.size()];
        const std::string& b = strings[(k * 6007 + 5) % strings.size()];
        std::string made = a;
        if (k % 5 != 0) {
            made.append(joins[k % std::size(joins)]).append(b);
        } else if (k % 10 != 0) {
            made.insert(a.size() * (k % 7) / 7, broken[k / 5 % std::size(broken)]).append(b);
        } else {
            made.append(b).append(broken[k / 5 % std::size(broken)]);
        }
        derived.push_back(std::move(made));
    }
    return derived;
}

uint64_t golden_hash(std::string data)
{
    data.resize((data.size() + 7) / 8 * 8, '\xff');
    return hash64({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
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
