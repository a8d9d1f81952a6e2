#pragma once

#include <QString>

#include <cstdint>
#include <optional>

namespace conclave
{
struct MemoryPlan;
struct ModelInfo;
} // namespace conclave

/// One line: parameters, experts, precision, size.
QString modelDescription(const conclave::ModelInfo& info);

/// One sentence: what a context of so many tokens takes, of `memory` bytes that are there; absent: nobody knows.
QString memorySentence(const conclave::MemoryPlan& plan, int contextLength, std::optional<uint64_t> memory);
