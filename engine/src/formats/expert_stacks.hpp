#pragma once

#include <map>
#include <string>
#include <vector>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

/// Makes one tensor of the experts of a layer where the files have a tensor for each.
class ExpertStacks
{
public:
    /// `tensor` is matrix `expert` of the stack that GGUF calls `stack_name`.
    void add(std::string stack_name, int expert, FileTensor tensor);
    /// Appends the stacks to `out`. Errors: format, when an expert is missing or not like the others.
    Result<void> finish(const std::string& file_name, std::vector<FileTensor>& out);

private:
    struct Expert {
        int number = 0;
        FileTensor tensor;
    };
    std::map<std::string, std::vector<Expert>> m_stacks;
};

} // namespace conclave
