#pragma once

#include <memory>
#include <string>

#include "tracer/trace/sink.h"

namespace vgpu::tracer {

/// A line for each event, a call's in the style of strace(1).
std::unique_ptr<EventSink> make_text_sink(Output& output, const Look& look);

/// Returns the lines of `event`.
std::string print_text(const Event& event, const Look& look);

/// `bytes` in double quotes, C's escapes for what is not printable: no terminal is reached by them.
std::string quote_text(std::string_view bytes);

/// Units: nanoseconds. In seconds, as strace prints them: 0.000012.
std::string print_seconds(std::int64_t duration);

}  // namespace vgpu::tracer
