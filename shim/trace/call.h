#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "shim/trace/arguments.h"
#include "shim/trace/record.h"

namespace vgpu::trace {

/// A call of an API that is going on: shown from its begin to its end, then told as a whole.
class Call {
 public:
  Call(const char* api, const char* name) noexcept;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// The call is over now; what follows is not counted to it.
  void stop() noexcept { end_ = now(); }

  struct Where {
    std::int64_t stream = -1;  ///< its number; -1: none
    int device = -1;           ///< the machine's; -1: none
  };
  /// Tells of the call.
  void send(std::span<const Shown> arguments, Outcome outcome, std::string_view answer,
            Where where) noexcept;

 private:
  const char* const api_;
  const char* const name_;
  const std::int64_t begin_;
  std::int64_t end_ = 0;
  TraceCall* going_on_ = nullptr;
};

/// Tells that a function was asked for that is not implemented, for the count-th time.
void send_unsupported(const char* api, std::string_view call, std::uint64_t count) noexcept;

}  // namespace vgpu::trace
