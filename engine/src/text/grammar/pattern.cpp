#include "text/grammar/pattern.hpp"

#include "text/grammar/json_characters.hpp"
#include "text/grammar/pattern_scanner.hpp"

namespace conclave
{

namespace
{

/// Recursive descent over the pattern; after the first error nothing more is read.
class PatternParser
{
public:
    explicit PatternParser(std::string_view pattern) : m_scan(pattern) {}

    Result<std::string> parse()
    {
        std::string out;
        do {
            out += (out.empty() ? "" : " | ") + anchored();
        } while (m_scan.take("|"));
        if (!m_scan.ended()) {
            m_scan.fail(m_scan.peek() == ')' ? "a ')' closes no group"
                                             : "an anchor may stand only at an end of the pattern or of its "
                                               "alternatives; write \\$ for the character");
        }
        if (m_scan.error()) {
            return *m_scan.error();
        }
        return R"("\"" ( )" + out + R"( ) "\"")";
    }

private:
    static constexpr int max_depth = 60; // of groups: each is at most two of GBNF's

    /// One alternative of the whole pattern: where an anchor is missing, any text may stand.
    std::string anchored()
    {
        const std::string any = "char* ";
        const bool at_begin = m_scan.take("^");
        std::string out = sequence(0);
        const bool at_end = m_scan.take("$");
        return (at_begin ? "" : any) + out + (at_end ? "" : " " + any);
    }

    std::string alternatives(int depth)
    {
        std::string out = sequence(depth);
        while (m_scan.take("|")) {
            out += " | " + sequence(depth);
        }
        return out;
    }

    std::string sequence(int depth)
    {
        std::string out = R"("")"; // where nothing stands
        while (!m_scan.ended() && m_scan.peek() != '|' && m_scan.peek() != ')' &&
               !(depth == 0 && m_scan.peek() == '$')) {
            std::string item = m_scan.peek() == '(' ? group(depth) : json_characters(m_scan.characters());
            if (const auto counts = m_scan.quantifier()) {
                item +=
                    "{" + std::to_string(counts->min) + "," + (counts->max ? std::to_string(*counts->max) : "") + "}";
            }
            out += " " + item;
        }
        return out;
    }

    std::string group(int depth)
    {
        m_scan.take("(");
        if (depth == max_depth) {
            m_scan.fail("groups are nested more than " + std::to_string(max_depth) + " deep");
            return "";
        }
        if (m_scan.take("?") && !m_scan.take(":") && !name()) {
            m_scan.fail("a group that begins with (? cannot be turned into a grammar, unless it is (?: or named");
            return "";
        }
        std::string out = "( " + alternatives(depth + 1) + " )";
        if (!m_scan.take(")")) {
            m_scan.fail("a group is never closed");
        }
        return out;
    }

    /// The name of a group, as in (?<name>; not (?<= or (?<!, which look around.
    bool name()
    {
        if (!m_scan.take("<") || m_scan.peek() == '=' || m_scan.peek() == '!') {
            return false;
        }
        while (!m_scan.ended() && m_scan.peek() != '>') {
            m_scan.characters();
        }
        return m_scan.take(">");
    }

    PatternScanner m_scan;
};

} // namespace

Result<std::string> gbnf_of_pattern(std::string_view pattern)
{
    return PatternParser(pattern).parse();
}

} // namespace conclave
