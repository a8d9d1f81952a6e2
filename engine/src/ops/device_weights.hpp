#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "ops/op_table.hpp"

namespace conclave
{

/// Brings weights into a device's memory. First add() everything: the structs stay where they are, and n_bytes() is
/// exact; then run() copies and makes their pointers those of the device. What two structs share is brought once. Types
/// that the device does not read come as F32.
class DeviceWeights
{
public:
    explicit DeviceWeights(const ConclaveDeviceTable& device) : m_device(device) {}

    void add(ConclaveMatrix& matrix);
    /// values [n]; null stays null.
    void add(const float*& values, int64_t n);
    void add(ConclaveMlaWeights& weights);
    void add(ConclaveGqaWeights& weights);
    void add(ConclaveMlpWeights& weights);
    void add(ConclaveMoeWeights& weights);
    void add(ConclaveMtpWeights& weights);

    uint64_t n_bytes() const { return m_n_bytes; }
    /// memory [n_bytes()] of the device. `progress` hears the bytes of each piece and says whether to go on; what stops
    /// there has done nothing. Errors: those of upload.
    ConclaveStatus run(ConclaveBackend backend, std::byte* memory, const std::function<bool(uint64_t)>& progress,
                       ConclaveMessage* message);

private:
    struct Piece {
        const void* from;
        uint64_t at, n_bytes;
        ConclaveMatrix unpack; ///< absent, or one matrix that becomes F32
    };
    struct Pointer {
        void* address; ///< of a pointer to be set
        uint64_t at;
    };

    uint64_t reserve(uint64_t n_bytes);
    ConclaveStatus unpack(ConclaveBackend backend, const ConclaveMatrix& matrix, std::byte* to,
                          ConclaveMessage* message);
    void add_rope(ConclaveRope& rope) { add(rope.inverse_frequency, rope.n_dims / 2); }

    const ConclaveDeviceTable& m_device;
    std::vector<Piece> m_pieces;
    std::vector<Pointer> m_pointers;
    std::map<std::pair<const void*, uint64_t>, uint64_t> m_known; ///< what came from there, and where it goes
    uint64_t m_n_bytes = 0;
};

} // namespace conclave
