#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tracer/sys/unique_fd.h"
#include "tracer/vfs/tree.h"

namespace vgpu::tracer {

/// Returns the virtual path that a link like /proc/PID/fd/N names, if its text is one that
/// Descriptors gave out: descriptors need no table, whoever holds them and however they got there.
std::optional<std::string> virtual_path_of_link(std::string_view text);

/// Makes descriptors for virtual nodes. Behind each node is one object of the kernel, made when it
/// is first wanted, so that all descriptors of a node agree on its inode number.
class Descriptors {
 public:
  /// Opens `node` with these O_* flags, as open(2) would, permissions apart.
  /// Errors: std::system_error.
  UniqueFd open(const Node& node, int flags);

  /// What fstat says about the object behind `node`.
  /// Errors: std::system_error.
  struct stat status(const Node& node);

  /// True once a virtual directory has been opened: from then on any working directory or dirfd
  /// may be one.
  bool gave_directory() const noexcept { return gave_directory_; }

 private:
  struct Object {
    UniqueFd fd;
    std::string content;  // of a rendered file, to see that it has changed
  };
  int object_of(const Node& node);

  std::unordered_map<const Node*, Object> objects_;
  bool gave_directory_ = false;
};

}  // namespace vgpu::tracer
