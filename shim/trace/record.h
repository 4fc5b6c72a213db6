#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shim/trace/channel.h"

namespace vgpu::trace {

/// One event, put together and sent. It allocates nothing and never fails: what does not fit is
/// cut.
class Record {
 public:
  explicit Record(TraceKind kind, std::int64_t time = now()) noexcept;
  Record& number(TraceField field, std::int64_t value) noexcept;
  Record& text(TraceField field, std::string_view value) noexcept;
  /// Leaves errno as it was.
  void send() noexcept { send(thread_id()); }
  void send(std::uint32_t tid) noexcept;

 private:
  void add(TraceField field, const void* value, std::size_t size) noexcept;

  static constexpr std::size_t kRoom =
      kMaxTraceRecord - sizeof(std::uint64_t) - sizeof(TraceRecord);
  const TraceKind kind_;
  TraceRecord head_;
  std::array<std::byte, kRoom> fields_;  // not cleared: it is written before it is read
};

}  // namespace vgpu::trace
