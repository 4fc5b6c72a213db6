#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tracer/syscalls/guest_memory.h"
#include "tracer/syscalls/guest_status.h"

namespace vgpu::tracer {

/// The machine's files as one guest thread sees them: its root, its working directory, its
/// descriptors. Paths are canonical in the guest's view: no symbolic link is followed here but
/// those of the kernel under /proc/TID.
class GuestView {
 public:
  /// `wary`: a guest serves a file system.
  explicit GuestView(pid_t tid, bool wary = false) noexcept : tid_(tid), wary_(wary) {}

  pid_t tid() const noexcept { return tid_; }

  /// The guest's root directory is known to be ours: nobody asks for it then.
  void assume_our_root() { root_.emplace(); }

  /// The path behind a descriptor, or the working directory for AT_FDCWD: a virtual one, a path in
  /// the guest's view, or the kernel's name for what has no path. Empty, with errno, if closed.
  std::string path_of(int dirfd);

  /// The virtual directory behind a descriptor, or behind the working directory.
  std::optional<std::string> virtual_directory(int dirfd = AT_FDCWD) const;

  /// What the kernel says that a descriptor is, in the room given; empty if it is closed.
  std::string_view name_of(int fd, PathBuffer& room) const;

  /// The text of the symbolic link at `path`. Nothing, with errno: EINVAL if it is not a link.
  std::optional<std::string> read_link(const std::string& path) const;

  /// What a link of the kernel (/proc/PID/fd/N) means to the guest.
  std::string meaning_of(std::string text);

  /// True if a file system that a guest may serve is mounted at `path`.
  bool is_served_by_a_guest(const std::string& path);

  /// Where the supervisor itself finds the guest's `path`.
  std::string outside(std::string_view path) const;

  /// nullptr when the guest is gone.
  const GuestStatus* status();

 private:
  const std::string& root();

  pid_t tid_;
  bool wary_;
  std::optional<std::set<std::string>> served_;  // places where FUSE is mounted
  std::optional<std::string> root_;              // "" when it is ours
  std::optional<GuestStatus> status_;
};

}  // namespace vgpu::tracer
