#pragma once

#include <string>

#include <minja/minja.hpp>

namespace conclave
{

/// What templates call and minja lacks, or does otherwise than Jinja2 with the functions of transformers: strftime_now,
/// range with a bound, split_at_most (see template_dialect.hpp), tojson as Python's json.dumps, and the work counter
/// under the name `counter` (see template_work.hpp). `marker`: see ChatTemplate::render.
void add_template_functions(minja::Value& values, const std::string& counter, const std::string& marker);

} // namespace conclave
