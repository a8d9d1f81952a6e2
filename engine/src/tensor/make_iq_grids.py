"""Writes iq_grids.cpp: the grids of the IQ types as the gguf package (MIT) holds them.

Run with the gguf package (any 0.10 or later) installed: python3 make_iq_grids.py
"""

from pathlib import Path

from gguf.quants import IQ1_S, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS

HEAD = """// Written by make_iq_grids.py from the tables of gguf-py (MIT), gguf/quants.py, which packs those of ggml-common.h:
// four hexadecimal digits an entry, its elements from the lowest bits of the first byte on.

#include "tensor/iq_grids.hpp"

#include <cstddef>

namespace conclave
{

namespace
{

constexpr uint64_t digit(char c)
{
    return static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

/// N entries of n_elements bytes each, which `packed` numbers with 16 / n_elements bits; values [..] by number.
template <size_t N, int n_elements, size_t V>
constexpr std::array<uint64_t, N> expand(const char* packed, const std::array<uint64_t, V>& values)
{
    constexpr int n_bits = 16 / n_elements;
    std::array<uint64_t, N> grid{};
    for (uint64_t& entry : grid) {
        const uint64_t bits =
            digit(packed[0]) << 4 | digit(packed[1]) | digit(packed[2]) << 12 | digit(packed[3]) << 8;
        for (int i = 0; i < n_elements; ++i)
            entry |= values[bits >> (n_bits * i) & ((1u << n_bits) - 1)] << (8 * i);
        packed += 4;
    }
    return grid;
}

} // namespace
"""


def table(name, source, values, n_elements):
    digits = source.grid_hex.decode().lower()
    assert len(digits) == 4 * source.grid_shape[0]
    lines = "\n".join(f'    "{digits[i:i + 112]}"' for i in range(0, len(digits), 112))
    numbers = ", ".join(str(v) for v in values)
    size = source.grid_shape[0]
    return (f"\nconstinit const std::array<uint64_t, {size}> {name} = expand<{size}, {n_elements}>(\n{lines},\n"
            f"    std::array<uint64_t, {len(values)}>{{{numbers}}});\n")


def main():
    text = HEAD
    text += table("iq1_grid", IQ1_S, [64 + 8 * v for v in IQ1_S.grid_map], 8)
    text += table("iq2_xxs_grid", IQ2_XXS, IQ2_XXS.grid_map, 8)
    text += table("iq2_xs_grid", IQ2_XS, IQ2_XS.grid_map, 8)
    text += table("iq2_s_grid", IQ2_S, IQ2_S.grid_map, 8)
    text += table("iq3_xxs_grid", IQ3_XXS, IQ3_XXS.grid_map, 4)
    text += table("iq3_s_grid", IQ3_S, IQ3_S.grid_map, 4)
    Path(__file__).with_name("iq_grids.cpp").write_text(text + "\n} // namespace conclave\n")


main()
