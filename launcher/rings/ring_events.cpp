#include "launcher/rings/ring_events.h"

#include <bitset>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace vgpu::launcher {
namespace {

using tracer::Event;
using tracer::EventKind;
using tracer::Key;
using tracer::List;

constexpr EventKind kKinds[] = {
#define RECORD(name) EventKind::name,
#include "shim/abi/trace_fields.def"
};

enum class Type : std::uint8_t { number, text, list };
struct FieldRow {
  Key key;
  Type type;
};
constexpr FieldRow kFields[] = {
#define FIELD(name, type) {Key::name, Type::type},
#include "shim/abi/trace_fields.def"
};
static_assert(std::size(kFields) == static_cast<std::size_t>(TraceField::end));

std::string text_of(const RingField& field) {
  return {reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size()};
}

}  // namespace

std::optional<Event> event_of(const RingRecord& record) {
  const auto kind = static_cast<std::size_t>(record.kind);
  if (kind == 0 || kind > std::size(kKinds)) return std::nullopt;
  Event event;
  event.kind = kKinds[kind - 1];
  std::map<Key, List> lists;
  std::bitset<std::size(kFields)> seen;
  auto rest = record.fields;
  while (const auto field = next_field(rest)) {
    const auto number = static_cast<std::size_t>(field->field);
    const FieldRow& row = kFields[number];
    if (row.type != Type::list && seen.test(number)) continue;
    seen.set(number);
    switch (row.type) {
      case Type::number: {
        std::int64_t value = 0;
        if (field->bytes.size() != sizeof value) return std::nullopt;
        std::memcpy(&value, field->bytes.data(), sizeof value);
        event.add(row.key, value);
        break;
      }
      case Type::text:
        event.add(row.key, text_of(*field));
        break;
      case Type::list:
        lists[row.key].push_back(text_of(*field));
        break;
    }
  }
  for (auto& [key, list] : lists) event.add(key, std::move(list));
  return event;
}

}  // namespace vgpu::launcher
