#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace conclave
{

/// `bytes` with one to four changes: a byte, a bit, a number made huge, a byte lost or inserted, a piece repeated
/// elsewhere, the end cut off. The same generator state gives the same result.
inline std::vector<uint8_t> mutate(std::vector<uint8_t> bytes, std::mt19937_64& random)
{
    const auto n_changes = 1 + random() % 4;
    for (uint64_t change = 0; change < n_changes && !bytes.empty(); ++change) {
        const size_t at = random() % bytes.size();
        const auto here = bytes.begin() + static_cast<ptrdiff_t>(at);
        const size_t length = std::min<size_t>(8, bytes.size() - at);
        switch (random() % 8) {
        case 0:
            *here = static_cast<uint8_t>(random());
            break;
        case 1:
            *here ^= static_cast<uint8_t>(1u << random() % 8);
            break;
        case 2:
            std::fill_n(here, length, uint8_t{0xFF});
            break;
        case 3:
            std::fill_n(here, length, uint8_t{0});
            break;
        case 4:
            bytes.erase(here);
            break;
        case 5:
            bytes.insert(here, static_cast<uint8_t>(random()));
            break;
        case 6:
            std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(random() % (bytes.size() - length + 1)), length, here);
            break;
        default:
            if (random() % 8 == 0) // rarely: most of what is cut ends at once
                bytes.resize(at);
            break;
        }
    }
    return bytes;
}

} // namespace conclave
