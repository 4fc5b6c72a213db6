#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "tracer/sys/unique_fd.h"
#include "tracer/vfs/tree.h"

namespace vgpu::tracer {

/// What is known of a path.
enum class Way : std::uint8_t {
  elsewhere,  ///< it leads to nothing of ours
  straight,   ///< so does this, and there is no link on the way: its text is where it leads
  to_ours,    ///< perhaps: it has to be walked link by link
};

/// Tells whether a path that names nothing of ours may lead to it all the same, over a symbolic
/// link of another name.
class LinkProbe {
 public:
  /// Borrows `tree`.
  explicit LinkProbe(const Tree& tree) : tree_(tree) {}

  /// Some guest's root or mounts are no longer ours: look through its eyes, which costs more.
  void look_through_guests() noexcept { own_root_ = false; }

  /// A guest serves a file system: to ask it would wait for who may wait for us. Only what the
  /// kernel has in its cache is looked at from now on.
  void trust_cache_only() noexcept { cache_only_ = true; }
  bool trusts_cache_only() const noexcept { return cache_only_; }

  /// True if a path that ends at `name`, not followed, may mean something of ours.
  bool may_be_ours(std::string_view name) const noexcept;

  /// `text` must end in a NUL.
  Way look_along(pid_t tid, int dirfd, std::string_view text, bool follow_last) const;

 private:
  UniqueFd base_of(pid_t tid, int dirfd, bool absolute) const;

  const Tree& tree_;
  bool own_root_ = true;
  bool cache_only_ = false;
};

}  // namespace vgpu::tracer
