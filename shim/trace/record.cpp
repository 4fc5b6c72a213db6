#include "shim/trace/record.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vgpu::trace {
namespace {

/// No text takes the room of those behind it.
constexpr std::size_t kLongestText = 1024;

}  // namespace

Record::Record(TraceKind kind, std::int64_t time) noexcept : kind_(kind) { head_.time = time; }

void Record::add(TraceField field, const void* value, std::size_t size) noexcept {
  const TraceFieldHead head{field, 0, static_cast<std::uint16_t>(size)};
  if (fields_.size() - head_.fields < sizeof head + size) return;
  std::memcpy(fields_.data() + head_.fields, &head, sizeof head);
  std::memcpy(fields_.data() + head_.fields + sizeof head, value, size);
  head_.fields += static_cast<std::uint32_t>(sizeof head + size);
}

Record& Record::number(TraceField field, std::int64_t value) noexcept {
  add(field, &value, sizeof value);
  return *this;
}

Record& Record::text(TraceField field, std::string_view value) noexcept {
  add(field, value.data(), std::min(value.size(), kLongestText));
  return *this;
}

void Record::send(std::uint32_t tid) noexcept {
  RingWriter* const writer = ring();
  if (writer == nullptr) return;
  const int before = errno;
  head_.tid = tid;
  writer->write(kind_, head_, {fields_.data(), head_.fields});
  errno = before;
}

}  // namespace vgpu::trace
