#include "formats/expert_stacks.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "formats/printable.hpp"

namespace conclave
{

void ExpertStacks::add(std::string stack_name, int expert, FileTensor tensor)
{
    m_stacks[std::move(stack_name)].push_back({expert, std::move(tensor)});
}

Result<void> ExpertStacks::finish(const std::string& file_name, std::vector<FileTensor>& out)
{
    const auto wrong = [&](const std::string& what) {
        return Error{ErrorCode::format, std::format("{}: {}; download the model again.", file_name, what)};
    };
    for (auto& [stack_name, experts] : m_stacks) {
        std::ranges::sort(experts, {}, &Expert::number);
        const FileTensor& first = experts.front().tensor;
        FileTensor stack{.name = stack_name};
        stack.published = first.spelling();
        stack.dtype = first.dtype;
        stack.n_dims = 3;
        std::ranges::copy(first.dims, stack.dims);
        stack.dims[2] = static_cast<int64_t>(experts.size());
        stack.shard = first.shard;
        stack.offset = first.offset;
        for (size_t i = 0; i < experts.size(); ++i) {
            const auto& [number, tensor] = experts[i];
            if (number != static_cast<int>(i))
                return wrong(std::format("the tensor of expert {} beside \"{}\" is missing, or there twice", i,
                                         printable(tensor.spelling())));
            if (tensor.n_dims != 2 || tensor.dtype != stack.dtype || tensor.dims[0] != stack.dims[0] ||
                tensor.dims[1] != stack.dims[1])
                return wrong(std::format("the tensors \"{}\" and \"{}\" of one layer differ in shape or type",
                                         printable(stack.published), printable(tensor.spelling())));
            stack.parts.push_back(tensor.bytes);
        }
        out.push_back(std::move(stack));
    }
    return {};
}

} // namespace conclave
