#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tracer/syscalls/call.h"
#include "tracer/vfs/descriptor.h"
#include "tracer/vfs/guest_view.h"
#include "tracer/vfs/resolver.h"

namespace vgpu::tracer {

/// What a call wants of the place that it names, apart from the place.
struct Intent {
  int flags = 0;            ///< open: O_*; else AT_*
  std::uint64_t scope = 0;  ///< RESOLVE_* of openat2
  bool follow_last = true;

  /// True for an open that may create the file, or change it.
  bool writes(const Call& call) const noexcept;
};

/// Reads the intent of `call` from its arguments. Returns nothing when the kernel would reject
/// them, or cannot read them: it then says so itself.
std::optional<Intent> read_intent(const Call& call) noexcept;

/// One call about a place that is not the kernel's to answer.
struct Request {
  const Call& call;
  const Intent& intent;
  std::string_view text;  ///< the path as the guest wrote it
  const Place& place;
  GuestView& guest;
  const Tree& tree;
  Descriptors& descriptors;
};

}  // namespace vgpu::tracer
