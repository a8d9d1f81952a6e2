#include "text/grammar/schema_converter.hpp"

#include <algorithm>

namespace conclave
{

std::string SchemaConverter::reference(const Json& ref, const std::string& where)
{
    const std::string text = ref.is_string() ? ref.get<std::string>() : std::string();
    if (const auto known = m_rule_of_ref.find(text); known != m_rule_of_ref.end()) {
        return known->second;
    }
    const Json* target = text.starts_with("#/") ? find(text.substr(1)) : nullptr;
    if (!target) {
        return fail("'$ref' must name a place in this schema, as in #/$defs/name", where);
    }
    const size_t index = m_rules.size();
    const std::string name = add_rule("");
    m_rule_of_ref[text] = name;
    if (++m_n_open_refs > max_schema_depth) {
        return fail("more than " + std::to_string(max_schema_depth) + " references follow one another", where);
    }
    std::string body = expression(*target, text);
    --m_n_open_refs;
    m_rules[index].second = std::move(body);
    return name;
}

const SchemaConverter::Json* SchemaConverter::find(const std::string& pointer) const
{
    const Json* at = &m_root;
    for (size_t begin = 1; begin <= pointer.size();) {
        const size_t end = std::min(pointer.find('/', begin), pointer.size());
        std::string key = pointer.substr(begin, end - begin);
        for (const auto& [escape, character] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
            for (size_t i = key.find(escape); i != std::string::npos; i = key.find(escape, i + 1)) {
                key.replace(i, 2, character);
            }
        }
        if (!at->is_object() || !at->contains(key)) {
            return nullptr;
        }
        at = &(*at)[key];
        begin = end + 1;
    }
    return at;
}

} // namespace conclave
