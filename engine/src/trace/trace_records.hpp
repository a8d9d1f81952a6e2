#pragma once

#include "conclave/trace.hpp"
#include "trace/trace_bytes.hpp"

namespace conclave
{

// Payloads of the records that are written once or seldom. `get` gives false when the bytes are not what `put` writes;
// the value is then unspecified.

void put(ByteWriter& out, const TraceHeader& header);
void put(ByteWriter& out, const TracePrompt& prompt);
void put(ByteWriter& out, const TraceTelemetry& telemetry);
void put(ByteWriter& out, const TraceEnd& end);

bool get(ByteReader& in, TraceHeader& header);
bool get(ByteReader& in, TracePrompt& prompt);
bool get(ByteReader& in, TraceTelemetry& telemetry);
bool get(ByteReader& in, TraceEnd& end);

} // namespace conclave
