#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/vfs/guest_view.h"
#include "tracer/vfs/tree.h"

namespace vgpu::tracer {

/// How a guest spells a place.
struct Spelling {
  std::string_view text;
  int dirfd = 0;            ///< where a relative text starts
  bool follow_last = true;  ///< whether a symbolic link at the end is followed
  std::uint64_t scope = 0;  ///< RESOLVE_* bits of openat2(2)
};

/// Where a spelling leads.
struct Place {
  std::string path;            ///< canonical, in the guest's view
  const Node* node = nullptr;  ///< the virtual node there
  int error = 0;               ///< why there is nothing there
  bool is_last = false;        ///< with error ENOENT: only the last name is missing
  /// The way went over virtual ground, so the kernel would not get there: answer, never pass.
  bool crossed = false;
  /// The place is a link of the kernel (/proc/PID/fd/N), not followed, to this virtual path.
  std::string magic_target;
};

/// Follows `spelling` as the kernel would, through virtual and real directories and links.
Place resolve(const Tree& tree, GuestView& guest, const Spelling& spelling);

}  // namespace vgpu::tracer
