#include "tracer/trace/sink.h"

#include "tracer/trace/html.h"
#include "tracer/trace/jsonl.h"
#include "tracer/trace/perfetto.h"
#include "tracer/trace/text.h"

namespace vgpu::tracer {
namespace {

struct FormatRow {
  std::string_view name;
  Format format;
  std::unique_ptr<EventSink> (*make)(Output&, const Look&);
};

// The order is that of the enumeration.
constexpr FormatRow kFormats[] = {
    {"text", Format::text, make_text_sink},
    {"jsonl", Format::jsonl, make_jsonl_sink},
    {"perfetto", Format::perfetto, make_perfetto_sink},
    {"html", Format::html, make_html_sink},
};

}  // namespace

std::optional<Format> find_format(std::string_view name) noexcept {
  for (const FormatRow& row : kFormats)
    if (row.name == name) return row.format;
  return std::nullopt;
}

std::unique_ptr<EventSink> make_sink(Format format, Output& output, const Look& look) {
  const FormatRow& row = kFormats[static_cast<std::size_t>(format)];
  return row.make(output, look);
}

}  // namespace vgpu::tracer
