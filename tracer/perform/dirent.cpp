#include "tracer/perform/dirent.h"

#include <dirent.h>

#include <cstdint>
#include <cstring>
#include <numeric>

namespace vgpu::tracer {
namespace {

// Both layouts: inode (8), offset (8), record length (2). Then getdents64 has the type (1) and the
// name with its NUL; the old one has the name with its NUL, and the type in the record's last
// byte. Records are multiples of 8. Source: getdents(2); Linux's fs/readdir.c.
constexpr std::size_t kInode = 0;
constexpr std::size_t kOffset = 8;
constexpr std::size_t kLength = 16;
constexpr std::size_t kHeader = 18;
constexpr std::size_t kName64 = kHeader + 1;

constexpr std::size_t record_size(std::size_t name_size) noexcept {
  return (kHeader + name_size + 2 + 7) / 8 * 8;  // the type and the NUL, in either order
}

template <typename T>
T read_at(std::span<const std::byte> from, std::size_t at) noexcept {
  T value{};
  std::memcpy(&value, from.data() + at, sizeof value);
  return value;
}

template <typename T>
void write_at(std::byte* to, std::size_t at, T value) noexcept {
  std::memcpy(to + at, &value, sizeof value);
}

unsigned char type_of(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::device:
      return DT_CHR;
    case NodeKind::directory:
      return DT_DIR;
    case NodeKind::symlink:
      return DT_LNK;
    case NodeKind::file:
    case NodeKind::absent:
      break;
  }
  return DT_REG;
}

}  // namespace

Dirent dirent_of(const Node& node) { return {node.ino, type_of(node.kind), node.name()}; }

std::vector<Dirent> parse_dirents(std::span<const std::byte> from) {
  std::vector<Dirent> entries;
  while (from.size() > kName64) {
    const std::size_t length = read_at<std::uint16_t>(from, kLength);
    if (length <= kName64 || length > from.size()) break;
    const auto* name = reinterpret_cast<const char*>(from.data() + kName64);
    entries.push_back({read_at<std::uint64_t>(from, kInode),
                       read_at<unsigned char>(from, kHeader),
                       {name, ::strnlen(name, length - kName64)},
                       read_at<std::int64_t>(from, kOffset)});
    from = from.subspan(length);
  }
  return entries;
}

bool DirentWriter::add(const Dirent& entry, off_t next) {
  const std::size_t length = record_size(entry.name.size());
  if (bytes_.size() + length > room_) return false;
  bytes_.resize(bytes_.size() + length);  // zeroed
  std::byte* to = bytes_.data() + bytes_.size() - length;
  write_at(to, kInode, static_cast<std::uint64_t>(entry.ino));
  write_at(to, kOffset, static_cast<std::int64_t>(next));
  write_at(to, kLength, static_cast<std::uint16_t>(length));
  write_at(to, old_layout_ ? length - 1 : kHeader, entry.type);
  std::memcpy(to + (old_layout_ ? kHeader : kName64), entry.name.data(), entry.name.size());
  return true;
}

std::size_t DirentWriter::size_of(std::span<const Dirent> entries) noexcept {
  return std::accumulate(
      entries.begin(), entries.end(), std::size_t{0},
      [](std::size_t sum, const Dirent& entry) { return sum + record_size(entry.name.size()); });
}

}  // namespace vgpu::tracer
