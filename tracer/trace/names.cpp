#include "tracer/trace/names.h"

#include <algorithm>
#include <iterator>

namespace vgpu::tracer {
namespace {

using enum ValueType;

constexpr KeyRow kKeys[] = {
#define TRACE_KEY(name, type, meaning) {#name, type, meaning},
#include "tracer/trace/schema.def"
};

// The keys of each event, by way of a type each: no two arrays of the same name.
namespace keys_of {
using enum Key;
#define TRACE_EVENT(name, meaning, ...) constexpr Key name##_keys[] = {__VA_ARGS__};
#include "tracer/trace/schema.def"
}  // namespace keys_of

constexpr EventRow kEvents[] = {
#define TRACE_EVENT(name, meaning, ...) {#name, meaning, keys_of::name##_keys},
#include "tracer/trace/schema.def"
};

template <typename Enum, typename Rows>
std::optional<Enum> find_row(const Rows& rows, std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(rows); ++i)
    if (rows[i].name == name) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::span<const KeyRow> key_rows() noexcept { return kKeys; }
std::span<const EventRow> event_rows() noexcept { return kEvents; }

std::string_view name_of(Key key) noexcept { return kKeys[static_cast<std::size_t>(key)].name; }
std::string_view name_of(EventKind kind) noexcept {
  return kEvents[static_cast<std::size_t>(kind)].name;
}

std::optional<Key> find_key(std::string_view name) noexcept { return find_row<Key>(kKeys, name); }
std::optional<EventKind> find_kind(std::string_view name) noexcept {
  return find_row<EventKind>(kEvents, name);
}

}  // namespace vgpu::tracer
