#pragma once

#include <sys/sysmacros.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "tracer/sys/unique_fd.h"

namespace vgpu::tracer {

/// What a virtual path is. `absent` hides a real file of that name.
enum class NodeKind : std::uint8_t { file, device, directory, symlink, absent };

/// A file that exists only for the guest: one row, made once by the launcher. A directory that
/// holds rows needs one of its own only to choose its mode: one that really exists shows its real
/// entries and ours together, one that does not is wholly virtual.
struct VirtualFile {
  std::string path;  ///< absolute, as the guest spells it
  NodeKind kind = NodeKind::file;
  mode_t mode = 0444;                   ///< permission bits only
  std::string content;                  ///< file: all of it; symlink: its text
  std::function<std::string()> render;  ///< file: makes the content at each open, if set
  std::string source;                   ///< file: the real file that is served for it, if set
  /// file: makes what is served for it, if set, at the first need and once; empty: `source` is.
  std::function<UniqueFd()> object;
  /// file: not 0: this many bytes that begin as zeros, one memory for all guests, which may write
  /// and map it but never change its size.
  std::size_t shared_size = 0;
  /// file: makes what this open alone gets, if set; it may be written. Told the opener's tid. An
  /// empty descriptor: too many are open.
  std::function<UniqueFd(pid_t)> each_open;
  dev_t rdev = 0;  ///< device: what stat says it is
  uid_t uid = 0;
  gid_t gid = 0;
  std::string why;  ///< printed in the trace
};

/// A read-only regular file with this content.
inline VirtualFile text_file(std::string path, std::string content, mode_t mode = 0444) {
  VirtualFile row;
  row.path = std::move(path);
  row.mode = mode;
  row.content = std::move(content);
  return row;
}

/// A read-only regular file whose content is made at each open (say, from the real one).
inline VirtualFile rendered_file(std::string path, std::function<std::string()> render,
                                 mode_t mode = 0444) {
  VirtualFile row;
  row.path = std::move(path);
  row.mode = mode;
  row.render = std::move(render);
  return row;
}

/// The real file `source`, opened read-only by us, under another path. It can be mapped.
inline VirtualFile alias_file(std::string path, std::string source, mode_t mode = 0644) {
  VirtualFile row;
  row.path = std::move(path);
  row.mode = mode;
  row.source = std::move(source);
  return row;
}

/// Memory that the guests share, as long as any of them lives.
inline VirtualFile shared_file(std::string path, std::size_t size, mode_t mode = 0666) {
  VirtualFile row;
  row.path = std::move(path);
  row.mode = mode;
  row.shared_size = size;
  return row;
}

/// Something new at each open, for the guest that opens.
inline VirtualFile private_file(std::string path, std::function<UniqueFd(pid_t)> each_open,
                                mode_t mode = 0666) {
  VirtualFile row;
  row.path = std::move(path);
  row.mode = mode;
  row.each_open = std::move(each_open);
  return row;
}

/// A character device to stat and access; its descriptor is an empty file, so that ioctl on it
/// fails with ENOTTY in the kernel.
inline VirtualFile character_device(std::string path, unsigned major_number, unsigned minor_number,
                                    mode_t mode = 0666) {
  VirtualFile row;
  row.path = std::move(path);
  row.kind = NodeKind::device;
  row.mode = mode;
  row.rdev = makedev(major_number, minor_number);
  return row;
}

inline VirtualFile virtual_directory(std::string path, mode_t mode = 0555) {
  VirtualFile row;
  row.path = std::move(path);
  row.kind = NodeKind::directory;
  row.mode = mode;
  return row;
}

/// A symbolic link. Its target may be real or virtual, absolute or relative to the link.
inline VirtualFile virtual_symlink(std::string path, std::string target) {
  VirtualFile row;
  row.path = std::move(path);
  row.kind = NodeKind::symlink;
  row.mode = 0777;
  row.content = std::move(target);
  return row;
}

/// Hides the real file at `path`.
inline VirtualFile absent_file(std::string path) {
  VirtualFile row;
  row.path = std::move(path);
  row.kind = NodeKind::absent;
  return row;
}

}  // namespace vgpu::tracer
