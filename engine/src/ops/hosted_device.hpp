#pragma once

#include "ops/op_table.hpp"

namespace conclave
{

/// A device behind the op table of a host: each op brings there all it is given, and its results back. Slow; for the
/// self-test and tests, which compare any backend with the reference by the same calls. Thread: one.
class HostedDevice
{
public:
    /// status() says whether the device could be opened.
    HostedDevice(const ConclaveOpTable& ops, int32_t device, ConclaveMessage* message);
    HostedDevice(const HostedDevice&) = delete;
    HostedDevice& operator=(const HostedDevice&) = delete;
    ~HostedDevice();

    ConclaveStatus status() const { return m_status; }
    /// Its create refuses: the backend is self().
    const ConclaveOpTable& table() const;
    ConclaveBackend self() { return this; }

    const ConclaveOpTable& ops() const { return m_ops; }
    ConclaveBackend backend() const { return m_backend; }

private:
    const ConclaveOpTable& m_ops;
    ConclaveBackend m_backend = nullptr;
    ConclaveStatus m_status;
};

} // namespace conclave
