#include "text/grammar/gbnf.hpp"

#include <map>
#include <optional>

#include "text/grammar/gbnf_scanner.hpp"

namespace conclave
{

namespace
{

/// Recursive descent over the words; after the first error nothing more is read.
class Parser
{
public:
    explicit Parser(std::string_view text) : m_scan(text) {}

    Result<Gbnf> parse()
    {
        m_scan.skip_blank(true);
        while (!m_scan.ended()) {
            rule();
        }
        check_names();
        if (m_scan.error()) {
            return *m_scan.error();
        }
        return std::move(m_gbnf);
    }

private:
    int rule_index(std::string_view rule_name, size_t at)
    {
        const auto [found, is_new] = m_indices.try_emplace(std::string(rule_name), static_cast<int>(m_indices.size()));
        if (is_new) {
            m_gbnf.rules.push_back({std::string(rule_name), {}});
            m_first_use.push_back(at);
            m_defined.push_back(false);
        }
        return found->second;
    }

    void rule()
    {
        const size_t begin = m_scan.at();
        const std::string_view rule_name = m_scan.name();
        if (rule_name.empty()) {
            return m_scan.fail(m_scan.at(), "a rule begins with its name, of letters, digits and hyphens");
        }
        m_scan.skip_blank(false);
        if (!m_scan.take("::=")) {
            return m_scan.fail(m_scan.at(), "'::=' must follow the name of a rule");
        }
        m_scan.skip_blank(true);
        const auto index = static_cast<size_t>(rule_index(rule_name, begin));
        if (m_defined[index]) {
            return m_scan.fail(begin, "the rule '" + std::string(rule_name.substr(0, 80)) + "' is defined twice");
        }
        m_defined[index] = true;
        GbnfExpression body = alternatives(0);
        m_gbnf.rules[index].body = std::move(body);
        if (!m_scan.ended() && m_scan.peek() != '\r' && m_scan.peek() != '\n') {
            return m_scan.fail(m_scan.at(), "a rule ends with its line; this cannot stand here");
        }
        m_scan.skip_blank(true);
    }

    GbnfExpression alternatives(int depth)
    {
        GbnfExpression out{.kind = GbnfExpression::alternatives};
        out.children.push_back(sequence(depth));
        while (m_scan.take("|")) {
            m_scan.skip_blank(true);
            out.children.push_back(sequence(depth));
        }
        return out.children.size() == 1 ? std::move(out.children[0]) : out;
    }

    GbnfExpression sequence(int depth)
    {
        GbnfExpression out{.kind = GbnfExpression::sequence};
        for (;;) {
            const char c = m_scan.peek();
            if (m_scan.ended() || c == '|' || c == ')' || c == '\r' || c == '\n') {
                return out;
            }
            out.children.push_back(repeated(item(depth)));
            m_scan.skip_blank(depth > 0);
        }
    }

    GbnfExpression item(int depth)
    {
        const char c = m_scan.peek();
        if (c == '"') {
            return m_scan.literal();
        }
        if (c == '[') {
            return m_scan.character_class();
        }
        if (m_scan.take(".")) {
            return {.kind = GbnfExpression::characters, .ranges = {{0, last_code_point}}};
        }
        if (c == '(') {
            return group(depth);
        }
        if (c == '<' || c == '!') {
            m_scan.fail(m_scan.at(), "token references are not supported; write the text of the token in quotes",
                        ErrorCode::unsupported);
            return {};
        }
        const size_t begin = m_scan.at();
        const std::string_view rule_name = m_scan.name();
        if (rule_name.empty()) {
            m_scan.fail(begin, "expected a quoted text, a character class, a rule's name or a group");
            return {};
        }
        return {.kind = GbnfExpression::rule, .rule_index = rule_index(rule_name, begin)};
    }

    GbnfExpression group(int depth)
    {
        const size_t begin = m_scan.at();
        m_scan.take("(");
        if (depth == max_gbnf_depth) {
            m_scan.fail(begin,
                        "groups are nested more than " + std::to_string(max_gbnf_depth) + " deep; name some as rules",
                        ErrorCode::unsupported);
            return {};
        }
        m_scan.skip_blank(true);
        GbnfExpression out = alternatives(depth + 1);
        if (!m_scan.take(")")) {
            m_scan.fail(begin, "this group is never closed");
        }
        return out;
    }

    GbnfExpression repeated(GbnfExpression what)
    {
        int n_nested = 0;
        for (;;) {
            m_scan.skip_blank(false);
            int min = 0, max = GbnfExpression::unlimited;
            const size_t begin = m_scan.at();
            if (m_scan.take("+")) {
                min = 1;
            } else if (m_scan.take("?")) {
                max = 1;
            } else if (m_scan.peek() == '{') {
                m_scan.counts(min, max);
            } else if (!m_scan.take("*")) {
                return what;
            }
            if (++n_nested > max_gbnf_depth) {
                m_scan.fail(begin, "more than " + std::to_string(max_gbnf_depth) + " repetitions of one thing",
                            ErrorCode::unsupported);
                return what;
            }
            GbnfExpression out{.kind = GbnfExpression::repeat, .min = min, .max = max};
            out.children.push_back(std::move(what));
            what = std::move(out);
        }
    }

    void check_names()
    {
        for (size_t i = 0; i < m_defined.size(); ++i) {
            if (!m_defined[i]) {
                m_scan.fail(m_first_use[i], "there is no rule '" + m_gbnf.rules[i].name.substr(0, 80) + "'");
            }
        }
        const auto root = m_indices.find("root");
        if (root == m_indices.end()) {
            return m_scan.fail(m_scan.at(), "there is no rule 'root', where an answer begins");
        }
        m_gbnf.root = static_cast<size_t>(root->second);
    }

    GbnfScanner m_scan;
    Gbnf m_gbnf;
    std::map<std::string, int, std::less<>> m_indices;
    std::vector<size_t> m_first_use;
    std::vector<bool> m_defined;
};

} // namespace

Result<Gbnf> Gbnf::parse(std::string_view text)
{
    return Parser(text).parse();
}

} // namespace conclave
