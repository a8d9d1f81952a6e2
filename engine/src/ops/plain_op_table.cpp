#include "ops/op_table.hpp"

// Built instead of the tuned backend where Highway is not packaged.
const ConclaveOpTable* conclave_cpu_ops()
{
    return conclave_reference_ops();
}
