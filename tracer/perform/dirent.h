#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tracer/vfs/tree.h"

namespace vgpu::tracer {

/// One directory entry.
struct Dirent {
  ino_t ino = 0;
  unsigned char type = 0;  ///< DT_*
  std::string_view name;
  off_t offset = 0;  ///< where the next one starts; only real entries have one of their own
};

/// The entry of a virtual node in its directory.
Dirent dirent_of(const Node& node);

/// Reads what getdents64 wrote.
std::vector<Dirent> parse_dirents(std::span<const std::byte> from_kernel);

/// Writes entries in the layout of getdents64, or of the old getdents.
class DirentWriter {
 public:
  DirentWriter(bool old_layout, std::size_t room) : old_layout_(old_layout), room_(room) {}

  /// Adds an entry, or returns false if it does not fit.
  bool add(const Dirent& entry, off_t next);

  /// Bytes that these entries take.
  static std::size_t size_of(std::span<const Dirent> entries) noexcept;

  std::size_t room() const noexcept { return room_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  bool old_layout_;
  std::size_t room_;
  std::vector<std::byte> bytes_;
};

}  // namespace vgpu::tracer
