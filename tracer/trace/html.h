#pragma once

#include <memory>
#include <string_view>

#include "tracer/trace/sink.h"

namespace vgpu::tracer {

/// One page that needs nothing else, with the events as lines of JSON at its end: it can be read
/// up to where its writer was killed.
std::unique_ptr<EventSink> make_html_sink(Output& output, const Look& look);

/// What comes before the first event. Its source is page/.
std::string_view page_before_events() noexcept;

}  // namespace vgpu::tracer
