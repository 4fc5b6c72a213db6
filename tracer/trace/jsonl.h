#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tracer/trace/sink.h"

namespace vgpu::tracer {

/// One JSON object a line: t, pid, tid, event, and the fields. Bytes that are no UTF-8, and the
/// characters U+EF80 to U+EFFF themselves, are written as U+EF00 + byte, so that every line is
/// valid JSON and every byte comes back.
std::unique_ptr<EventSink> make_jsonl_sink(Output& output, const Look& look);

/// Returns the line of `event`, with its newline.
std::string print_json(const Event& event);

/// Reads a line. Nothing if its kind is one of a later version; fields of a later version are left
/// out. Errors: std::runtime_error that says what is wrong and in which column.
std::optional<Event> parse_json(std::string_view line);

/// Reads a recorded trace and hands each event to `take`, with the number of its line. A last line
/// without an end, as a killed supervisor leaves it, is left out, and its number returned.
/// Errors: std::runtime_error with the line's number.
std::uint64_t read_jsonl(std::istream& file,
                         const std::function<void(Event&&, std::uint64_t line)>& take);

}  // namespace vgpu::tracer
