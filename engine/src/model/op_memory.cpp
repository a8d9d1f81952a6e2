#include "model/op_memory.hpp"

#include <cstring>

#include "base/within_memory.hpp"
#include "model/engine_state.hpp"

namespace conclave
{

namespace
{

/// Calls an entry of the device's table with a place for its sentence.
template <class Call>
Result<void> call(Call&& entry)
{
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    const ConclaveStatus status = entry(&message);
    if (status != conclave_ok) {
        return backend_error(status, text);
    }
    return {};
}

} // namespace

Result<OpMemory> OpMemory::allocate(const OpPlace& place, uint64_t n_bytes)
{
    OpMemory memory;
    memory.m_place = place;
    if (!place.device) {
        auto host = AlignedBuffer::allocate(n_bytes, AlignedBuffer::Pages::huge);
        if (!host) {
            return host.error();
        }
        memory.m_host = *std::move(host);
        memory.m_data = memory.m_host.data();
        return memory;
    }
    void* data = nullptr;
    const auto allocated =
        call([&](ConclaveMessage* message) { return place.device->allocate(place.backend, n_bytes, &data, message); });
    if (!allocated) {
        return allocated.error();
    }
    memory.m_data = static_cast<std::byte*>(data);
    return memory;
}

OpMemory::OpMemory(OpMemory&& other) noexcept
    : m_place(other.m_place), m_host(std::move(other.m_host)), m_data(std::exchange(other.m_data, nullptr))
{
}

OpMemory& OpMemory::operator=(OpMemory&& other) noexcept
{
    std::swap(m_place, other.m_place);
    std::swap(m_host, other.m_host);
    std::swap(m_data, other.m_data);
    return *this;
}

OpMemory::~OpMemory()
{
    if (m_place.device && m_data) {
        m_place.device->release(m_place.backend, m_data);
    }
}

Result<void> OpMemory::write(const void* from, uint64_t n_bytes) const
{
    if (!m_place.device) {
        std::memcpy(m_data, from, n_bytes);
        return {};
    }
    return call([&](ConclaveMessage* message) {
        return m_place.device->upload(m_place.backend, m_data, from, n_bytes, message);
    });
}

Result<OpOutput> OpOutput::allocate(const OpPlace& place, uint64_t n_bytes)
{
    OpOutput output;
    output.m_place = place;
    auto there = OpMemory::allocate(place, n_bytes);
    if (!there) {
        return there.error();
    }
    output.m_there = *std::move(there);
    output.m_here = output.m_there.data();
    if (place.device) {
        void* here = nullptr;
        output.m_here = nullptr;
        const auto pinned = call([&](ConclaveMessage* message) {
            return place.device->allocate_pinned(place.backend, n_bytes, &here, message);
        });
        if (!pinned) {
            return pinned.error();
        }
        output.m_here = static_cast<std::byte*>(here);
    }
    return output;
}

OpOutput::OpOutput(OpOutput&& other) noexcept
    : m_place(other.m_place), m_there(std::move(other.m_there)), m_here(std::exchange(other.m_here, nullptr))
{
}

OpOutput& OpOutput::operator=(OpOutput&& other) noexcept
{
    std::swap(m_place, other.m_place);
    std::swap(m_there, other.m_there);
    std::swap(m_here, other.m_here);
    return *this;
}

OpOutput::~OpOutput()
{
    if (m_place.device && m_here) {
        m_place.device->release_pinned(m_place.backend, m_here);
    }
}

Result<void> OpOutput::fetch(uint64_t n_bytes) const
{
    if (!m_place.device) {
        return {};
    }
    return call([&](ConclaveMessage* message) {
        return m_place.device->download(m_place.backend, m_here, m_there.data(), n_bytes, message);
    });
}

} // namespace conclave
