#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/aligned_buffer.hpp"
#include "conclave/result.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// Where ops compute: in the host's memory, or in that of a backend's device.
struct OpPlace {
    const ConclaveDeviceTable* device = nullptr; ///< null: the host
    ConclaveBackend backend = nullptr;
};

/// Memory where ops compute. Movable; the backend outlives it.
class OpMemory
{
public:
    OpMemory() = default;
    /// Errors: out_of_memory; on a device with the bytes wanted and free.
    static Result<OpMemory> allocate(const OpPlace& place, uint64_t n_bytes);
    OpMemory(OpMemory&& other) noexcept;
    OpMemory& operator=(OpMemory&& other) noexcept;
    ~OpMemory();

    std::byte* data() const { return m_data; }
    template <class T>
    T* as() const
    {
        return reinterpret_cast<T*>(m_data);
    }
    /// Copies from the host, in order with the backend's ops. Errors: device.
    Result<void> write(const void* from, uint64_t n_bytes) const;

private:
    OpPlace m_place;
    AlignedBuffer m_host;
    std::byte* m_data = nullptr;
};

/// What ops write and the host reads: one memory on the host, else a pair of which fetch() copies one to the other.
class OpOutput
{
public:
    OpOutput() = default;
    static Result<OpOutput> allocate(const OpPlace& place, uint64_t n_bytes);
    OpOutput(OpOutput&& other) noexcept;
    OpOutput& operator=(OpOutput&& other) noexcept;
    ~OpOutput();

    /// For ops.
    template <class T>
    T* there() const
    {
        return m_there.as<T>();
    }
    /// For the host; holds what fetch() brought once the backend was synchronised with.
    template <class T>
    T* here() const
    {
        return reinterpret_cast<T*>(m_here);
    }
    /// Begins to bring the first n_bytes; nothing on the host. Errors: device.
    Result<void> fetch(uint64_t n_bytes) const;

private:
    OpPlace m_place;
    OpMemory m_there;
    std::byte* m_here = nullptr;
};

} // namespace conclave
