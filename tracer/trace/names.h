#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tracer/trace/event.h"

namespace vgpu::tracer {

enum class ValueType : std::uint8_t { number, text, list };

/// A row of schema.def.
struct KeyRow {
  std::string_view name;
  ValueType type;
  std::string_view meaning;
};

struct EventRow {
  std::string_view name;
  std::string_view meaning;
  std::span<const Key> keys;
};

/// All rows, indexed by the enumerations.
std::span<const KeyRow> key_rows() noexcept;
std::span<const EventRow> event_rows() noexcept;

std::string_view name_of(Key key) noexcept;
std::string_view name_of(EventKind kind) noexcept;
std::optional<Key> find_key(std::string_view name) noexcept;
std::optional<EventKind> find_kind(std::string_view name) noexcept;

}  // namespace vgpu::tracer
