#include "tracer/vfs/attributes.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <ctime>

namespace vgpu::tracer {
namespace {

constexpr blksize_t kBlockSize = 4096;

mode_t type_of(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::device:
      return S_IFCHR;
    case NodeKind::directory:
      return S_IFDIR;
    case NodeKind::symlink:
      return S_IFLNK;
    case NodeKind::file:
    case NodeKind::absent:
      break;
  }
  return S_IFREG;
}

// All virtual files are as old as the supervisor.
timespec birth_time() noexcept {
  static const timespec born = [] {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
  }();
  return born;
}

statx_timestamp to_timestamp(const timespec& time) noexcept {
  statx_timestamp result{};
  result.tv_sec = time.tv_sec;
  result.tv_nsec = static_cast<std::uint32_t>(time.tv_nsec);
  return result;
}

// A symbolic link has no object of its own in the kernel.
struct stat link_status(const Node& node) {
  struct stat result {};
  result.st_ino = node.ino;
  result.st_dev = node.dev;
  result.st_size = static_cast<off_t>(node.row->content.size());
  result.st_blksize = kBlockSize;
  return result;
}

}  // namespace

struct stat attributes_of(const Node& node, Descriptors& descriptors) {
  struct stat result = node.is_symlink() ? link_status(node) : descriptors.status(node);
  if (node.row == nullptr || node.row->source.empty())
    result.st_atim = result.st_mtim = result.st_ctim = birth_time();
  result.st_mode = type_of(node.kind) | node.mode;
  result.st_uid = node.row != nullptr ? node.row->uid : 0;
  result.st_gid = node.row != nullptr ? node.row->gid : 0;
  result.st_rdev = node.row != nullptr ? node.row->rdev : 0;
  result.st_nlink = 1;
  if (node.is_directory()) {
    result.st_size = 0;
    result.st_nlink =
        2 + static_cast<nlink_t>(std::ranges::count_if(
                node.children, [](const Node* child) { return child->is_directory(); }));
  }
  return result;
}

struct statx to_statx(const struct stat& from) {
  struct statx to {};
  to.stx_mask = STATX_BASIC_STATS;
  to.stx_blksize = static_cast<std::uint32_t>(from.st_blksize);
  to.stx_nlink = static_cast<std::uint32_t>(from.st_nlink);
  to.stx_uid = from.st_uid;
  to.stx_gid = from.st_gid;
  to.stx_mode = static_cast<std::uint16_t>(from.st_mode);
  to.stx_ino = from.st_ino;
  to.stx_size = static_cast<std::uint64_t>(from.st_size);
  to.stx_blocks = static_cast<std::uint64_t>(from.st_blocks);
  to.stx_atime = to_timestamp(from.st_atim);
  to.stx_mtime = to_timestamp(from.st_mtim);
  to.stx_ctime = to_timestamp(from.st_ctim);
  to.stx_rdev_major = major(from.st_rdev);
  to.stx_rdev_minor = minor(from.st_rdev);
  to.stx_dev_major = major(from.st_dev);
  to.stx_dev_minor = minor(from.st_dev);
  return to;
}

Stat64 to_stat64(const struct stat& from) {
  const auto seconds = [](const timespec& time) { return static_cast<std::uint32_t>(time.tv_sec); };
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::uint32_t>(time.tv_nsec);
  };
  return {from.st_dev,
          0,
          static_cast<std::uint32_t>(from.st_ino),
          from.st_mode,
          static_cast<std::uint32_t>(from.st_nlink),
          from.st_uid,
          from.st_gid,
          from.st_rdev,
          0,
          from.st_size,
          static_cast<std::uint32_t>(from.st_blksize),
          static_cast<std::uint64_t>(from.st_blocks),
          seconds(from.st_atim),
          nanoseconds(from.st_atim),
          seconds(from.st_mtim),
          nanoseconds(from.st_mtim),
          seconds(from.st_ctim),
          nanoseconds(from.st_ctim),
          from.st_ino};
}

}  // namespace vgpu::tracer
