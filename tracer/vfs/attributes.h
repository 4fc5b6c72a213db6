#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "tracer/vfs/descriptor.h"

namespace vgpu::tracer {

/// What stat(2) says about a virtual node. Its numbers are those that fstat shows on a descriptor
/// of it: copying and archiving programs compare the two.
/// Errors: std::system_error if the real file behind an alias is gone.
struct stat attributes_of(const Node& node, Descriptors& descriptors);

/// The same facts in the layout of statx(2).
struct statx to_statx(const struct stat& attributes);

/// i386's struct stat64. Source: Linux's arch/x86/include/uapi/asm/stat.h.
struct __attribute__((packed)) Stat64 {
  std::uint64_t dev;
  std::uint32_t pad0;
  std::uint32_t short_ino;
  std::uint32_t mode;
  std::uint32_t nlink;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint64_t rdev;
  std::uint32_t pad3;
  std::int64_t size;
  std::uint32_t blksize;
  std::uint64_t blocks;
  std::uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
  std::uint64_t ino;
};
static_assert(sizeof(Stat64) == 96);
Stat64 to_stat64(const struct stat& attributes);

}  // namespace vgpu::tracer
