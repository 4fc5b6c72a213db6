#pragma once

#include <sys/types.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// One event of a trace. Schema: schema.def; as text: docs/TRACE_FORMAT.md.
namespace vgpu::tracer {

/// What the version key of the first event says.
inline constexpr int kTraceVersion = 1;

enum class EventKind : std::uint8_t {
#define TRACE_EVENT(name, meaning, ...) name,
#include "tracer/trace/schema.def"
};

enum class Key : std::uint8_t {
#define TRACE_KEY(name, type, meaning) name,
#include "tracer/trace/schema.def"
};

using List = std::vector<std::string>;
using Value = std::variant<std::int64_t, std::string, List>;

/// The sum, or the nearest number that there is: what a guest or a file says may be any number.
inline std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max()
               : std::numeric_limits<std::int64_t>::min();
}

struct Event {
  EventKind kind = EventKind::trace;
  std::int64_t time = 0;  ///< nanoseconds since the trace began, CLOCK_MONOTONIC
  pid_t pid = 0;          ///< in the supervisor's pid namespace
  pid_t tid = 0;
  std::vector<std::pair<Key, Value>> fields;  ///< absent: not known, or does not apply

  Event& add(Key key, std::int64_t value);
  Event& add(Key key, std::string value);
  Event& add(Key key, List value);
  template <std::same_as<Value> V>
  Event& add(Key key, V value) {
    fields.emplace_back(key, std::move(value));
    return *this;
  }

  /// nullptr if the event has no such field, or one of another type.
  template <class T>
  const T* find(Key key) const noexcept {
    for (const auto& [name, value] : fields)
      if (name == key) return std::get_if<T>(&value);
    return nullptr;
  }

  std::string_view text(Key key) const noexcept {
    const auto* found = find<std::string>(key);
    return found == nullptr ? std::string_view() : std::string_view(*found);
  }

  std::int64_t number(Key key, std::int64_t otherwise = 0) const noexcept {
    const auto* found = find<std::int64_t>(key);
    return found == nullptr ? otherwise : *found;
  }
};

/// Takes events in the order of their arrival, which may differ from that of their times by
/// milliseconds between threads. Never throws because of its output; see each writer.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;
  virtual void take(const Event& event) = 0;
  /// After the last event.
  virtual void finish() {}
};

}  // namespace vgpu::tracer
