#pragma once

#include <cstdint>
#include <string>

#include "tracer/trace/event.h"

namespace vgpu::tracer {

/// An event as a slice of a timeline.
struct Span {
  std::int64_t begin;
  std::int64_t end;
  bool has_end;  ///< false: an event of one moment
};

/// From when to when. Of what a program tells of itself t is the end, of the rest the begin.
Span span_of(const Event& event) noexcept;

/// A few words: the call and what it was about.
std::string title_of(const Event& event);

}  // namespace vgpu::tracer
