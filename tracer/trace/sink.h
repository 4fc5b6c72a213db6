#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tracer/trace/event.h"
#include "tracer/trace/output.h"

namespace vgpu::tracer {

enum class Format : std::uint8_t { text, jsonl, perfetto, html };

/// How a view looks, where it has a choice.
struct Look {
  bool colour = false;   ///< text
  bool one_file = true;  ///< text: false if each process has a file of its own, so no pids
  std::function<std::string()> diagnosis = {};  ///< html: asked for after the last event
};

/// By the name that --trace-format has.
std::optional<Format> find_format(std::string_view name) noexcept;

/// Makes the writer of this format. Borrows `output`.
std::unique_ptr<EventSink> make_sink(Format format, Output& output, const Look& look = {});

}  // namespace vgpu::tracer
