#include "tracer/trace/event.h"

namespace vgpu::tracer {

// The value is made where it stays: GCC 12 warns of moves of a variant that never happen.
Event& Event::add(Key key, std::int64_t value) {
  fields.emplace_back(key, std::int64_t{0}).second.emplace<std::int64_t>(value);
  return *this;
}

Event& Event::add(Key key, std::string value) {
  fields.emplace_back(key, std::int64_t{0}).second.emplace<std::string>(std::move(value));
  return *this;
}

Event& Event::add(Key key, List value) {
  fields.emplace_back(key, std::int64_t{0}).second.emplace<List>(std::move(value));
  return *this;
}

}  // namespace vgpu::tracer
